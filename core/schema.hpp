#pragma once

#include "base/result.hpp"
#include "core/local_database.hpp"

#include <span>
#include <string_view>

namespace parley::core {

/// The scripts that make the local schema, in order: the n-th leads from `user_version` n-1 to n. A script
/// that was released is never changed; a new version is a new script.
std::span<const std::string_view> migrations();

/// Runs the scripts that the database has not seen, all in one transaction; one that holds nothing is given
/// at once what all of them come to. Fails, and leaves everything as it was, where a newer version wrote the
/// database.
Status migrate(LocalDatabase& database, std::span<const std::string_view> scripts = migrations());

/// Which rows the core that opened the database last could read (protocol::rows_stamp); 0: none has yet.
Result<std::int64_t> reader_stamp(LocalDatabase& database);
Status set_reader_stamp(LocalDatabase& database, std::int64_t stamp);

/// Forgets everything but the lease; inside the caller's transaction. Freed pages are overwritten.
Status erase_everything(LocalDatabase& database);

}  // namespace parley::core
