#include "server/store/vfs_file_sqlite.hpp"

#include "server/store/sqlite.hpp"

#include <sqlite3.h>

#include <utility>

namespace parley::server::sqlite {

VfsFile::VfsFile(sqlite3_vfs& vfs, std::string path)
    : vfs_(vfs),
      path_(std::move(path)),
      memory_(static_cast<std::size_t>(vfs.szOsFile) / sizeof(std::max_align_t) + 1) {
    file()->pMethods = nullptr;
}

VfsFile::~VfsFile() {
    if (file()->pMethods != nullptr) file()->pMethods->xClose(file());
}

Status VfsFile::checked(int code) const {
    return code == SQLITE_OK ? Status{} : Status{fail(Connection::error_of(code, path_))};
}

Status VfsFile::open(Kind kind) {
    // A VFS is told what a file is for; for a ballast there is no word, and this kind it treats like any
    // file.
    const int flags = kind == Kind::log ? SQLITE_OPEN_WAL : SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_CREATE;
    return checked(vfs_.xOpen(&vfs_, path_.c_str(), file(), SQLITE_OPEN_READWRITE | flags, nullptr));
}

Result<std::int64_t> VfsFile::size() {
    sqlite3_int64 bytes = 0;
    TRY(checked(file()->pMethods->xFileSize(file(), &bytes)));
    return bytes;
}

Status VfsFile::read(std::span<std::uint8_t> into, std::int64_t offset) {
    return checked(file()->pMethods->xRead(file(), into.data(), static_cast<int>(into.size()), offset));
}

Status VfsFile::write(ByteView bytes, std::int64_t offset) {
    return checked(file()->pMethods->xWrite(file(), bytes.data(), static_cast<int>(bytes.size()), offset));
}

Status VfsFile::sync() {
    return checked(file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL));
}

Result<bool> file_exists(sqlite3_vfs& vfs, const std::string& path) {
    int exists = 0;
    const int code = vfs.xAccess(&vfs, path.c_str(), SQLITE_ACCESS_EXISTS, &exists);
    if (code != SQLITE_OK) return fail(Connection::error_of(code, path));
    return exists != 0;
}

}  // namespace parley::server::sqlite
