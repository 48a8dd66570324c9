#include "server/store/vfs_sqlite.hpp"

#include "base/mutant.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "server/store/page_checksum_sqlite.hpp"
#include "server/store/sqlite.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string_view>

namespace parley::server::sqlite {

namespace {

/// An open file: ours in front, the file of the VFS below right behind it.
struct GuardedFile {
    sqlite3_file base;
    GuardedVfs* guard;
    /// The main file of a database, and no log or journal.
    bool has_pages;
    PageReads reads;
};
static_assert(alignof(GuardedFile) >= alignof(void*), "the file below begins right behind it");

// What the first page says of the file (file format, section 1.3).
constexpr std::string_view magic = "SQLite format 3";
constexpr int file_header_bytes = 100;
constexpr int reserved_bytes_at = 20;

// The first byte of a page of a table or an index says of which kind it is (file format, section 1.6); the
// first page has the file's header in front of it. Pages of the list of free pages, and those with the rest
// of a long record, begin with the number of another page: with 0 in any file below 64 GiB, and with 10 in
// none below 640 GiB.
constexpr std::uint8_t interior_index_page = 0x02;
constexpr std::uint8_t interior_table_page = 0x05;
constexpr std::uint8_t leaf_index_page = 0x0a;

sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<GuardedFile*>(file) + 1);
}

GuardedVfs& guard_of(sqlite3_file* file) {
    return *reinterpret_cast<GuardedFile*>(file)->guard;
}

GuardedVfs& guard_of(sqlite3_vfs* vfs) {
    return *static_cast<GuardedVfs*>(vfs->pAppData);
}

sqlite3_vfs* below(sqlite3_vfs* vfs) {
    return &guard_of(vfs).base();
}

int file_close(sqlite3_file* file) {
    return below(file)->pMethods->xClose(below(file));
}

/// Learns from the first page, which SQLite reads before any other, whether the pages have checksums.
void learn_from_header(GuardedFile& file, ByteView bytes, sqlite3_int64 offset) {
    if (offset != 0 || bytes.size() < file_header_bytes) return;
    if (as_text(bytes.first(magic.size())) != magic) return;
    file.reads.checked = bytes[reserved_bytes_at] == page_checksum_bytes;
}

bool is_checked_page(const GuardedFile& file, int count, sqlite3_int64 offset) {
    return file.reads.checked && count == page_bytes && offset % page_bytes == 0;
}

/// Whether a page that does not fit its checksum is given out all the same.
bool is_accepted(Pages accepted, ByteView page, PageNumber number) {
    const auto kind = page[number == 1 ? file_header_bytes : 0];
    switch (accepted) {
        case Pages::sound:
            return false;
        case Pages::leaves:
            return kind == leaf_index_page;
        case Pages::records:
            return kind != interior_index_page && kind != interior_table_page;
        case Pages::any:
            return true;
    }
    return false;
}

int file_read(sqlite3_file* file, void* out, int count, sqlite3_int64 offset) {
    const int code = below(file)->pMethods->xRead(below(file), out, count, offset);
    auto& own = *reinterpret_cast<GuardedFile*>(file);
    if (code != SQLITE_OK || !own.has_pages) return code;
    const ByteView bytes{static_cast<const std::uint8_t*>(out), static_cast<std::size_t>(count)};
    // Once it is known, a header that says otherwise is damage, and must not switch off what would find it.
    if (!own.guard->expects_page_checksums()) learn_from_header(own, bytes, offset);
    const PageNumber number = offset / page_bytes + 1;
    if (!is_checked_page(own, count, offset) || page_checksum_fits(bytes, number)) return SQLITE_OK;
    if (is_accepted(own.reads.accepted, bytes, number)) {
        ++own.reads.passed_over;
        return SQLITE_OK;
    }
    own.guard->page_damaged(number);
    return SQLITE_CORRUPT;
}

int file_write(sqlite3_file* file, const void* data, int count, sqlite3_int64 offset) {
    if (guard_of(file).dead()) return SQLITE_IOERR_WRITE;
    guard_of(file).written(count);
    auto& own = *reinterpret_cast<GuardedFile*>(file);
    const ByteView bytes{static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(count)};
    if (own.has_pages) learn_from_header(own, bytes, offset);
    if (!own.has_pages || !is_checked_page(own, count, offset))
        return below(file)->pMethods->xWrite(below(file), data, count, offset);
    // SQLite's own copy stays as it is.
    std::array<std::uint8_t, page_bytes> page;
    std::ranges::copy(bytes, page.begin());
    put_page_checksum(page, offset / page_bytes + 1);
    return below(file)->pMethods->xWrite(below(file), page.data(), count, offset);
}

int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (guard_of(file).dead()) return SQLITE_IOERR_TRUNCATE;
    return below(file)->pMethods->xTruncate(below(file), size);
}

int file_sync(sqlite3_file* file, int flags) {
    if (guard_of(file).dead()) return SQLITE_IOERR_FSYNC;
    const int code = below(file)->pMethods->xSync(below(file), flags);
    if (code != SQLITE_OK) guard_of(file).sync_failed("a sync of the store failed");
    return code;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return below(file)->pMethods->xFileSize(below(file), size);
}

int file_lock(sqlite3_file* file, int level) {
    return below(file)->pMethods->xLock(below(file), level);
}

int file_unlock(sqlite3_file* file, int level) {
    return below(file)->pMethods->xUnlock(below(file), level);
}

int file_check_lock(sqlite3_file* file, int* reserved) {
    return below(file)->pMethods->xCheckReservedLock(below(file), reserved);
}

int file_control(sqlite3_file* file, int operation, void* argument) {
    if (operation == page_reads_control) {
        *static_cast<PageReads**>(argument) = &reinterpret_cast<GuardedFile*>(file)->reads;
        return SQLITE_OK;
    }
    return below(file)->pMethods->xFileControl(below(file), operation, argument);
}

int file_sector_size(sqlite3_file* file) {
    return below(file)->pMethods->xSectorSize(below(file));
}

/// What a file may offer with us in front of it. All else stays unsaid, also what later versions of SQLite
/// know: who reads parts of pages, for one, reads past their checksums.
constexpr int characteristics_passed_on = SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL |
                                          SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN |
                                          SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_IMMUTABLE;

int file_characteristics(sqlite3_file* file) {
    return below(file)->pMethods->xDeviceCharacteristics(below(file)) & characteristics_passed_on;
}

int file_shm_map(sqlite3_file* file, int region, int size, int extend, volatile void** out) {
    return below(file)->pMethods->xShmMap(below(file), region, size, extend, out);
}

int file_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return below(file)->pMethods->xShmLock(below(file), offset, count, flags);
}

void file_shm_barrier(sqlite3_file* file) {
    below(file)->pMethods->xShmBarrier(below(file));
}

int file_shm_unmap(sqlite3_file* file, int remove) {
    return below(file)->pMethods->xShmUnmap(below(file), remove);
}

constexpr sqlite3_io_methods methods_with(int version) {
    return {.iVersion = version,
            .xClose = file_close,
            .xRead = file_read,
            .xWrite = file_write,
            .xTruncate = file_truncate,
            .xSync = file_sync,
            .xFileSize = file_size,
            .xLock = file_lock,
            .xUnlock = file_unlock,
            .xCheckReservedLock = file_check_lock,
            .xFileControl = file_control,
            .xSectorSize = file_sector_size,
            .xDeviceCharacteristics = file_characteristics,
            .xShmMap = file_shm_map,
            .xShmLock = file_shm_lock,
            .xShmBarrier = file_shm_barrier,
            .xShmUnmap = file_shm_unmap,
            .xFetch = nullptr,
            .xUnfetch = nullptr};
}

// Without memory mapping (version 3): what is mapped is written behind our back.
constexpr sqlite3_io_methods plain_methods = methods_with(1);
constexpr sqlite3_io_methods shared_methods = methods_with(2);

int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* guarded = reinterpret_cast<GuardedFile*>(file);
    guarded->base.pMethods = nullptr;
    guarded->guard = &guard_of(vfs);
    guarded->has_pages = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    guarded->reads = {};
    below(file)->pMethods = nullptr;
    const int code = below(vfs)->xOpen(below(vfs), name, below(file), flags, out_flags);
    if (below(file)->pMethods != nullptr) {
        guarded->base.pMethods = below(file)->pMethods->iVersion >= 2 ? &shared_methods : &plain_methods;
    }
    // Of a file that is made now any page may be written first; the first page then says what it is.
    sqlite3_int64 bytes = 0;
    if (code == SQLITE_OK && guarded->has_pages && file_size(file, &bytes) == SQLITE_OK)
        guarded->reads.checked = bytes == 0 || guarded->guard->expects_page_checksums();
    return code;
}

int vfs_delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    if (guard_of(vfs).dead()) return SQLITE_IOERR_DELETE;
    const int code = below(vfs)->xDelete(below(vfs), name, sync_directory);
    if (code == SQLITE_IOERR_DIR_FSYNC) guard_of(vfs).sync_failed("a sync of the store's directory failed");
    return code;
}

int vfs_access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
    return below(vfs)->xAccess(below(vfs), name, flags, out);
}

int vfs_full_name(sqlite3_vfs* vfs, const char* name, int size, char* out) {
    return below(vfs)->xFullPathname(below(vfs), name, size, out);
}

int vfs_randomness(sqlite3_vfs* vfs, int size, char* out) {
    return below(vfs)->xRandomness(below(vfs), size, out);
}

int vfs_sleep(sqlite3_vfs* vfs, int microseconds) {
    return below(vfs)->xSleep(below(vfs), microseconds);
}

int vfs_time(sqlite3_vfs* vfs, double* out) {
    return below(vfs)->xCurrentTime(below(vfs), out);
}

int vfs_last_error(sqlite3_vfs* vfs, int size, char* out) {
    return below(vfs)->xGetLastError(below(vfs), size, out);
}

int vfs_time_64(sqlite3_vfs* vfs, sqlite3_int64* out) {
    if (below(vfs)->iVersion >= 2 && below(vfs)->xCurrentTimeInt64 != nullptr) {
        return below(vfs)->xCurrentTimeInt64(below(vfs), out);
    }
    double days = 0;
    const int code = below(vfs)->xCurrentTime(below(vfs), &days);
    *out = static_cast<sqlite3_int64>(days * 86400000.0);
    return code;
}

}  // namespace

Result<std::unique_ptr<GuardedVfs>> GuardedVfs::create(const std::string& base, StoreHost* host) {
    auto* found = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
    if (found == nullptr) return fail(ErrorCode::internal, "no SQLite VFS of this name");
    std::unique_ptr<GuardedVfs> guard(new GuardedVfs(found, host));
    if (sqlite3_vfs_register(guard->vfs_.get(), 0) != SQLITE_OK) {
        return fail(ErrorCode::internal, "SQLite did not take our VFS");
    }
    return guard;
}

GuardedVfs::GuardedVfs(sqlite3_vfs* base, StoreHost* host)
    : base_(base), host_(host), vfs_(std::make_unique<sqlite3_vfs>()) {
    static std::atomic<int> made = 0;
    name_ = "parley-guarded-" + std::to_string(++made);
    vfs_->iVersion = 2;
    vfs_->szOsFile = static_cast<int>(sizeof(GuardedFile)) + base->szOsFile;
    vfs_->mxPathname = base->mxPathname;
    vfs_->zName = name_.c_str();
    vfs_->pAppData = this;
    vfs_->xOpen = vfs_open;
    vfs_->xDelete = vfs_delete;
    vfs_->xAccess = vfs_access;
    vfs_->xFullPathname = vfs_full_name;
    vfs_->xRandomness = vfs_randomness;
    vfs_->xSleep = vfs_sleep;
    vfs_->xCurrentTime = vfs_time;
    vfs_->xGetLastError = vfs_last_error;
    vfs_->xCurrentTimeInt64 = vfs_time_64;
}

GuardedVfs::~GuardedVfs() {
    sqlite3_vfs_unregister(vfs_.get());
}

void GuardedVfs::sync_failed(const char* what) {
    if (dead_ || mutant(Mutant::sync_failure_ignored)) return;
    dead_ = true;
    if (host_ != nullptr) host_->fatal(what);
}

void GuardedVfs::page_damaged(std::int64_t number) {
    if (host_ != nullptr) host_->bad_page(number);
}

}  // namespace parley::server::sqlite
