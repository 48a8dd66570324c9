#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>

struct sqlite3_vfs;

namespace parley::server::sqlite {

/// A file that holds nothing but space. A full disk stops even deleting, since that too is written to the log
/// first; then the ballast is let go, and what it leaves is enough to read, to acknowledge and to remove.
class Ballast {
  public:
    Ballast(sqlite3_vfs& vfs, std::string path, std::int64_t bytes)
        : vfs_(vfs), path_(std::move(path)), bytes_(bytes) {}

    /// Makes it, if it is not there in its full size. An error leaves none behind.
    Status load();
    /// Lets the space go; false where there was none to let go.
    bool release();
    std::int64_t bytes() const { return bytes_; }

  private:
    Status write();

    sqlite3_vfs& vfs_;
    std::string path_;
    std::int64_t bytes_;
};

}  // namespace parley::server::sqlite
