#include "server/store/ballast_sqlite.hpp"

#include "server/store/vfs_file_sqlite.hpp"

#include <sqlite3.h>

#include <vector>

namespace parley::server::sqlite {

namespace {

constexpr std::int64_t chunk_bytes = 1 << 16;

}  // namespace

Status Ballast::load() {
    if (bytes_ <= 0) return {};
    auto written = write();
    if (!written) vfs_.xDelete(&vfs_, path_.c_str(), 0);
    return written;
}

Status Ballast::write() {
    VfsFile file(vfs_, path_);
    TRY(file.open(VfsFile::Kind::ballast));
    TRY_ASSIGN(const auto size, file.size());
    if (size >= bytes_) return {};
    // Not zeros, for which a file system may keep no space.
    const std::vector<std::uint8_t> chunk(static_cast<std::size_t>(chunk_bytes), 0xb5);
    for (auto offset = size / chunk_bytes * chunk_bytes; offset < bytes_; offset += chunk_bytes)
        TRY(file.write(chunk, offset));
    return file.sync();
}

bool Ballast::release() {
    if (bytes_ <= 0) return false;
    return vfs_.xDelete(&vfs_, path_.c_str(), 0) == SQLITE_OK;
}

}  // namespace parley::server::sqlite
