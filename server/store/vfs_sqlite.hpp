#pragma once

#include "base/result.hpp"
#include "server/store/store.hpp"

#include <memory>
#include <string>

struct sqlite3_vfs;

namespace parley::server::sqlite {

/// A VFS on top of another that watches every sync: SQLite does not report all failed ones, and after the
/// first nobody knows what the disk holds. So the first calls the host's `fatal`, and from then on nothing is
/// written any more. Registered while it lives; outlives every connection that uses it.
class GuardedVfs {
  public:
    /// On top of the VFS with this name; empty: the system's.
    static Result<std::unique_ptr<GuardedVfs>> create(const std::string& base, StoreHost& host);
    ~GuardedVfs();
    GuardedVfs(const GuardedVfs&) = delete;
    GuardedVfs& operator=(const GuardedVfs&) = delete;

    const std::string& name() const { return name_; }
    /// What is opened through it is watched.
    sqlite3_vfs& vfs() const { return *vfs_; }
    sqlite3_vfs& base() const { return *base_; }
    /// A sync failed.
    bool dead() const { return dead_; }

    /// Called by our files.
    void sync_failed(const char* what);

  private:
    GuardedVfs(sqlite3_vfs* base, StoreHost& host);

    sqlite3_vfs* base_;
    StoreHost& host_;
    std::string name_;
    std::unique_ptr<sqlite3_vfs> vfs_;
    bool dead_ = false;
};

}  // namespace parley::server::sqlite
