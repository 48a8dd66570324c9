#pragma once

#include "server/store/scrub_sqlite.hpp"
#include "server/store/tables_sqlite.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace parley::server::sqlite {

/// For a log that an earlier process has left behind, before anything opens its database: writes it once more
/// and syncs it. Where a sync had failed, the system shows what was written and takes it for safe, though it
/// never reached the disk; to copy such a log into the main file, and to lose the power meanwhile, would
/// leave half of it there and the log that could mend it nowhere.
Status make_log_durable(sqlite3_vfs& vfs, const std::string& database);
/// The same through the system's VFS.
Status make_log_durable(const std::string& database);

enum class PageChecksums {
    on,
    /// Of a file that is made now the pages get none.
    off,
};

/// The one connection that writes: log mode, every commit synced, the log copied back only by us. `log_bytes`
/// is kept at the size of the log after each commit, and must live as long as the connection.
Result<std::unique_ptr<Connection>> open_writer(const std::string& path, const std::string& vfs,
                                                std::int64_t& log_bytes, PageChecksums checksums);
Result<std::unique_ptr<Connection>> open_reader(const std::string& path, const std::string& vfs);

/// Leaves the log alone when the connection is closed, where SQLite would copy it back by itself if it was
/// the last: when that happens is for us to say.
Status keep_log_on_close(const Connection& connection);

enum class LogCopy {
    /// As far as readers allow; waits for nobody.
    passive,
    /// All of it, and the log file is empty afterwards.
    truncate
};
/// Copies the log into the main file. An error, too, where part of it had to stay.
Status copy_log_back(Connection& connection, LogCopy how);
/// Gives the main file the size that it has with all that the log holds and the open transaction adds, so
/// that copying the log back needs no room, after a power loss either. SQLite does not mind what lies behind
/// its last page.
Status make_room_for_log(Connection& connection);
/// Takes away again what was given to transactions that were never committed: a power loss may have left half
/// of it, which would look like pages that were damaged. The log is empty, and nobody reads.
Status cut_behind_last_page(Connection& connection);

/// The connections that read, each used by one thread at a time and kept for the next one.
class Readers {
  public:
    Readers(std::string path, std::string vfs, StoreHost& host)
        : pool_(std::make_shared<Pool>(std::move(path), std::move(vfs), host)) {}

    Result<std::unique_ptr<Snapshot>> snapshot();
    Status check();
    Result<Scrubbed> scrub(ScrubPosition& position, std::int64_t rows_max);
    /// Drops the connections that are not in use.
    void close();

    struct Pool {
        Pool(std::string file, std::string file_vfs, StoreHost& its_host)
            : path(std::move(file)), vfs(std::move(file_vfs)), host(its_host) {}

        Result<std::unique_ptr<Tables>> take();
        void give_back(std::unique_ptr<Tables> tables);

        const std::string path;
        const std::string vfs;
        StoreHost& host;
        std::mutex mutex;
        std::vector<std::unique_ptr<Tables>> idle;
        bool closed = false;
    };

  private:
    std::shared_ptr<Pool> pool_;  // snapshots hold it too, for as long as they live
};

}  // namespace parley::server::sqlite
