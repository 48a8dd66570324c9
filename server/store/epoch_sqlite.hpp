#pragma once

#include "base/time.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <string>

/// What a new epoch consists of, whether a restore begins it or a store that finds itself put back.
namespace parley::server::sqlite {

/// Not to be guessed, and another one than before.
std::int64_t new_epoch(StoreHost& host, std::int64_t before);

/// How far a counter can have got by now, whoever gave its numbers since the copy was made: a million a
/// second since 2020, which no stream has. Far below 2^53, what JSON can carry.
std::int64_t beyond_all(WallTime now);

/// SQL that moves the counters of a table beyond `given`, an expression: by whole jumps, so that devices can
/// tell these from changes that they lack.
std::string move_heads(const std::string& table, const std::string& given);

}  // namespace parley::server::sqlite
