#pragma once

#include "base/result.hpp"
#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

/// The tables as this version knows them. PRAGMA user_version counts migrations.
inline constexpr std::int64_t tables_version = 2;
/// The last one changed no table: from here on every page has a checksum (page_checksum_sqlite.hpp).
inline constexpr std::int64_t schema_version = 3;

/// Brings the tables of a new or older file to version `wanted`, in one transaction; an error for one that is
/// newer than this program.
Status migrate(Connection& connection, std::int64_t wanted = tables_version);

/// Takes a migrated file to the last version: one whose pages have no checksums is written anew, whole, in
/// one transaction. The connection keeps a log. An error where the file says of itself that it has them, and
/// has not.
Status protect_pages(Connection& connection);

}  // namespace parley::server::sqlite
