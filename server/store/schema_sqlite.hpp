#pragma once

#include "base/result.hpp"
#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

/// The tables as this version knows them. PRAGMA user_version counts migrations.
inline constexpr std::int64_t schema_version = 2;

/// Brings a new or older file to version `wanted`, in one transaction; an error for one that is newer than
/// this program.
Status migrate(Connection& connection, std::int64_t wanted = schema_version);

}  // namespace parley::server::sqlite
