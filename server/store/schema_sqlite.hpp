#pragma once

#include "base/result.hpp"
#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

/// The tables as this version knows them. PRAGMA user_version counts migrations.
inline constexpr std::int64_t schema_version = 1;

/// Brings a new or older file to this version, in one transaction; an error for a newer one.
Status migrate(Connection& connection);

}  // namespace parley::server::sqlite
