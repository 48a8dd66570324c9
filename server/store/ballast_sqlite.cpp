#include "server/store/ballast_sqlite.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/store/sqlite.hpp"

#include <sqlite3.h>

#include <memory>
#include <vector>

namespace parley::server::sqlite {

namespace {

constexpr int chunk_bytes = 1 << 16;

struct OpenFile {
    explicit OpenFile(sqlite3_vfs& vfs) : memory(static_cast<std::size_t>(vfs.szOsFile)) {}
    ~OpenFile() {
        if (file()->pMethods != nullptr) file()->pMethods->xClose(file());
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory.data()); }

    std::vector<std::max_align_t> memory;
};

}  // namespace

Status Ballast::load() {
    if (bytes_ <= 0) return {};
    auto written = write();
    if (!written) vfs_.xDelete(&vfs_, path_.c_str(), 0);
    return written;
}

Status Ballast::write() {
    const auto check = [](int code) {
        return code == SQLITE_OK ? Status{} : Status{fail(Connection::error_of(code, "the ballast file"))};
    };
    OpenFile opened(vfs_);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_SUPER_JOURNAL;
    TRY(check(vfs_.xOpen(&vfs_, path_.c_str(), opened.file(), flags, nullptr)));
    auto* file = opened.file();
    sqlite3_int64 size = 0;
    TRY(check(file->pMethods->xFileSize(file, &size)));
    // Not zeros, for which a file system may keep no space.
    const std::vector<std::uint8_t> chunk(chunk_bytes, 0xb5);
    for (auto offset = size / chunk_bytes * chunk_bytes; offset < bytes_; offset += chunk_bytes) {
        TRY(check(file->pMethods->xWrite(file, chunk.data(), chunk_bytes, offset)));
    }
    if (size < bytes_) TRY(check(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL)));
    return {};
}

bool Ballast::release() {
    if (bytes_ <= 0) return false;
    return vfs_.xDelete(&vfs_, path_.c_str(), 0) == SQLITE_OK;
}

}  // namespace parley::server::sqlite
