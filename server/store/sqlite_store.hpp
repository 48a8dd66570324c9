#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "server/domain/rules.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace parley::server {

/// Which file it is that is opened, and when.
struct OpenedFile {
    /// As of file_identity; empty: nobody knows.
    std::string identity;
    WallTime at;
};

/// How far long work of a start has got.
struct LongWork {
    std::int64_t bytes_written = 0;
    /// About as many will have been written at the end.
    std::int64_t bytes_expected = 0;
};

struct SqliteOptions {
    /// Existing directory that holds `parley.db`, its log, the ballast and the lock.
    std::string directory;
    /// Name of a registered SQLite VFS that does the I/O; empty: SQLite's own for this system. Ours goes on
    /// top of it.
    std::string vfs;
    /// Size of the ballast; 0: none is kept.
    std::int64_t ballast_bytes = 16 << 20;
    /// The log is copied back when it has grown past this.
    std::int64_t log_bytes_max = 16 << 20;
    /// Whether a lock file keeps other processes away, and another one remembers epochs; off where the VFS is
    /// not the system's.
    bool lock_file = true;
    /// False: the pages of a new file get no checksums. Only for measuring what they cost, and for tests of
    /// older files.
    bool page_checksums = true;
    /// Called once the file is there. Where it is another one than in the last life, it is a copy, which may
    /// be older than what devices have seen, and a new epoch begins before anything is served. None: a copy
    /// is found out when a device comes that has seen more.
    std::function<OpenedFile()> opened_file = {};
    /// Told of long work before it begins, and with every write: the thread that opens the store, often.
    std::function<void(const LongWork&)> progress = {};
};

/// Opens or makes the store: takes the lock, brings the log of an earlier life into the main file, migrates.
/// `rules` and `host` outlive it.
Result<std::unique_ptr<Store>> open_sqlite_store(const SqliteOptions& options, const Rules& rules,
                                                 StoreHost& host);

/// The version of SQLite in use, such as "3.40.1".
std::string_view sqlite_version();

/// Whether this SQLite may damage a file when two connections write to its log at once (the WAL-reset race,
/// mended in 3.51.3). One connection of this store writes, and it alone empties the log, so that the race is
/// not met as long as nothing else opens the file for writing.
bool sqlite_has_log_reset_race();

}  // namespace parley::server
