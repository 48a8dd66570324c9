#pragma once

#include "base/result.hpp"
#include "server/store/store.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

/// Copies of a data directory, for `parleyd backup` and `parleyd restore`: the store, and in the same file
/// the secret that signs tokens, so that devices stay signed in. Whoever has a copy can read every message in
/// it and sign in as anybody.
namespace parley::server {

struct BackupPaths {
    /// Of the store.
    std::string directory;
    /// The backup.
    std::string file;
};

struct BackupReport {
    std::int64_t rows = 0;
    /// Rows whose checksum does not fit, or that an index does not lead to, in the store and so in its copy.
    std::int64_t bad_rows = 0;
    /// Pages of the store that do not fit their checksums. What the copy has from them may be wrong, and
    /// nobody will notice any more.
    std::int64_t bad_pages = 0;
    std::int64_t bytes = 0;
};

/// Copies the store as it is at this moment into `file`, which must not exist, and looks through the copy;
/// writing goes on meanwhile. `vfs` names the SQLite VFS of both; empty: the system's. A copy that was not
/// completed stays where it is.
Result<BackupReport> copy_store(const std::string& directory, const std::string& vfs,
                                const std::string& file);

/// Writes the directory's store as it is at this moment into `file`, for its owner's eyes only. A backup that
/// has this name is replaced once the copy is complete, checked and on disk; another file is not (`invalid`).
/// Until then the copy stands in the folder FILE.partial; what is there and was not left by a try that was
/// cut off stays as it is (`invalid`). For the process that has the store open, from any thread; writing goes
/// on meanwhile. Given up, with nothing written, soon after `ending` is set.
Result<BackupReport> back_up(const BackupPaths& paths, const std::atomic<bool>& ending);

/// The same where no process has the store open; `unavailable` where one has.
Result<BackupReport> back_up_closed(const BackupPaths& paths);

struct RestoreReport {
    std::int64_t epoch = 0;
    std::int64_t conversations = 0;
    std::int64_t rows = 0;
    /// Rows of the backup whose checksum does not fit; they are never served.
    std::int64_t bad_rows = 0;
    /// Pages of the backup that do not fit theirs; of what stands on them only good rows are served.
    std::int64_t bad_pages = 0;
    /// Where the store that was there before is kept; empty: there was none.
    std::string replaced;
    /// False: the backup holds no secret (it is the plain file of a store), so devices must sign in again
    /// unless the directory has theirs.
    bool secret = false;
};

/// What a restore is about to do with the files: to write into a database, or a step of its own, such as to
/// put another file into its place.
enum class RestoreStep : std::uint8_t { write, own };

/// Makes a backup the store of the directory, which must exist and which no process may use: a new epoch,
/// every stream's counter moved by whole limits::restore_jump beyond all that was ever given
/// (epoch_sqlite.hpp), and the head of that moment kept as `restored_from`. The store before is kept beside
/// it. A crash at any moment leaves the one or the other; to do it again is harmless, and keeps that store
/// once. Of `host` only `random` is used. `before` is called ahead of every step: tests let it die there.
Result<RestoreReport> restore(const BackupPaths& paths, StoreHost& host, WallTime now,
                              const std::function<void(RestoreStep)>& before = {});

}  // namespace parley::server
