#pragma once

#include "base/result.hpp"
#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

/// PRAGMA user_version counts migrations. From 2 on an even number says which tables there are; the odd one
/// behind it that every page has a checksum, too (page_checksum_sqlite.hpp).
inline constexpr std::int64_t tables_version = 22;
inline constexpr std::int64_t schema_version = 23;

/// Brings the tables of a new or older file to version `wanted`, in one transaction; an error for one that is
/// newer than this program, and for one that says that its pages have checksums, and has not.
Status migrate(Connection& connection, std::int64_t wanted = tables_version);

/// An error where the file says of itself that its pages have checksums, and that there is no room for them:
/// then its first page is damaged.
Status check_page_protection(Connection& connection);

/// Takes a migrated file to the last version: one whose pages have no checksums is written anew, whole, in
/// one transaction. The connection keeps a log. An error as of check_page_protection.
Status protect_pages(Connection& connection);

}  // namespace parley::server::sqlite
