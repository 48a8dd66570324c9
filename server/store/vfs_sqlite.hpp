#pragma once

#include "base/result.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

struct sqlite3_vfs;

namespace parley::server::sqlite {

/// To an open database of this VFS: puts the address of its PageReads where the argument points.
inline constexpr int page_reads_control = 0x50617273;

/// A VFS on top of another that watches every sync: SQLite does not report all failed ones, and after the
/// first nobody knows what the disk holds. So the first calls the host's `fatal`, and from then on nothing is
/// written any more. It also gives every page of a database a checksum, and holds it against that
/// (page_checksum_sqlite.hpp), where the file has room for them. Registered while it lives; outlives every
/// connection that uses it.
class GuardedVfs {
  public:
    /// On top of the VFS with this name; empty: the system's. Without a host, for files that no store runs
    /// on, a failed sync is an error and no more.
    static Result<std::unique_ptr<GuardedVfs>> create(const std::string& base, StoreHost* host);
    ~GuardedVfs();
    GuardedVfs(const GuardedVfs&) = delete;
    GuardedVfs& operator=(const GuardedVfs&) = delete;

    const std::string& name() const { return name_; }
    /// What is opened through it is watched.
    sqlite3_vfs& vfs() const { return *vfs_; }
    sqlite3_vfs& base() const { return *base_; }
    /// A sync failed.
    bool dead() const { return dead_; }
    /// From here on every database that is opened through it, or is open, has checksums in its pages,
    /// whatever the first page says. Before any other thread uses it.
    void expect_page_checksums() { expects_page_checksums_ = true; }
    bool expects_page_checksums() const { return expects_page_checksums_; }
    /// Calls `written` with the bytes of each write, whichever file it is into; empty: no more. The same
    /// holds.
    void watch_writes(std::function<void(std::int64_t bytes)> written) { written_ = std::move(written); }

    /// Called by our files.
    void sync_failed(const char* what);
    void page_damaged(std::int64_t number);
    void written(std::int64_t bytes) {
        if (written_) written_(bytes);
    }

  private:
    GuardedVfs(sqlite3_vfs* base, StoreHost* host);

    sqlite3_vfs* base_;
    StoreHost* host_;
    std::string name_;
    std::unique_ptr<sqlite3_vfs> vfs_;
    bool dead_ = false;
    bool expects_page_checksums_ = false;
    std::function<void(std::int64_t bytes)> written_;
};

}  // namespace parley::server::sqlite
