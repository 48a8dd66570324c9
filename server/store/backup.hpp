#pragma once

#include "base/result.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <string>

/// Copies of a SQLite store, for `parleyd backup` and `parleyd restore`. A data directory is that of
/// SqliteOptions.
namespace parley::server {

struct BackupReport {
    std::int64_t rows = 0;
    /// Rows whose checksum does not fit, in the store and so in its copy.
    std::int64_t bad_rows = 0;
};

/// Copies the store as it is at this moment into `file`, which must not exist, and looks through the copy;
/// writing goes on meanwhile. `vfs` names the SQLite VFS of both; empty: the system's. A copy that was not
/// completed stays where it is.
Result<BackupReport> copy_store(const std::string& directory, const std::string& vfs,
                                const std::string& file);

/// Writes the store as it is at this moment into `file`, which it replaces once the copy is complete, checked
/// and on disk. For the process that has the store open, from any thread; writing goes on meanwhile.
Result<BackupReport> back_up(const std::string& directory, const std::string& file);

/// The same where no process has the store open; `unavailable` where one has.
Result<BackupReport> back_up_closed(const std::string& directory, const std::string& file);

struct RestoreReport {
    std::int64_t epoch = 0;
    std::int64_t conversations = 0;
    /// Where the store that was there before is kept; empty: there was none.
    std::string replaced;
};

/// Makes a backup the store of the directory, which must exist and which no process may use: a new epoch,
/// every stream's counter moved up by limits::restore_jump, and the head of that moment kept as
/// `restored_from`. The store before is kept beside it. A crash at any moment leaves the one or the other. Of
/// `host` only `random` is used.
Result<RestoreReport> restore(const std::string& file, const std::string& directory, StoreHost& host);

}  // namespace parley::server
