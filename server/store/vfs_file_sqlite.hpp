#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

struct sqlite3_file;
struct sqlite3_vfs;

namespace parley::server::sqlite {

/// A file beside a database, reached through a VFS and not through SQLite: the ballast, and the log before it
/// belongs to a connection. Errors name the file.
class VfsFile {
  public:
    enum class Kind {
        /// Made where it is not there.
        ballast,
        log
    };

    VfsFile(sqlite3_vfs& vfs, std::string path);
    ~VfsFile();
    VfsFile(const VfsFile&) = delete;
    VfsFile& operator=(const VfsFile&) = delete;

    Status open(Kind kind);
    Result<std::int64_t> size();
    /// All of `into`; the file is long enough.
    Status read(std::span<std::uint8_t> into, std::int64_t offset);
    Status write(ByteView bytes, std::int64_t offset);
    Status sync();

  private:
    sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }
    Status checked(int code) const;

    sqlite3_vfs& vfs_;
    const std::string path_;
    std::vector<std::max_align_t> memory_;
};

/// Whether there is a file of this name.
Result<bool> file_exists(sqlite3_vfs& vfs, const std::string& path);

}  // namespace parley::server::sqlite
