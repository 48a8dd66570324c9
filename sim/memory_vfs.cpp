// The SQLite VFS over MemoryDisk. SQLite calls it through C tables; each function here finds its process or
// handle and leaves the deciding to memory_disk.cpp.

#include "sim/memory_disk.hpp"

#include <sqlite3.h>

#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace parley::sim {

namespace {

/// What SQLite keeps per open file; it gives the memory, so that the members are constructed in place.
struct Handle {
    sqlite3_file base;
    DiskProcess* process;
    SharedNode node;
    std::string delete_on_close;
    FileLocks::Level level;
};

Handle& handle_of(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file);
}
DiskProcess& process_of(sqlite3_vfs* vfs) {
    return *static_cast<DiskProcess*>(vfs->pAppData);
}

FileLocks::Level level_of(int lock) {
    switch (lock) {
        case SQLITE_LOCK_NONE:
            return FileLocks::Level::none;
        case SQLITE_LOCK_SHARED:
            return FileLocks::Level::shared;
        case SQLITE_LOCK_RESERVED:
            return FileLocks::Level::reserved;
        case SQLITE_LOCK_PENDING:
            return FileLocks::Level::pending;
        default:
            return FileLocks::Level::exclusive;
    }
}

int file_close(sqlite3_file* file) {
    Handle& handle = handle_of(file);
    handle.process->release(&handle);
    if (!handle.delete_on_close.empty()) handle.process->remove(handle.delete_on_close, true);
    handle.~Handle();
    return SQLITE_OK;
}

int file_read(sqlite3_file* file, void* into, int bytes, sqlite3_int64 offset) {
    Handle& handle = handle_of(file);
    if (!handle.process->alive()) return SQLITE_IOERR_READ;
    const bool whole =
        handle.node->file.read(offset, {static_cast<std::uint8_t*>(into), static_cast<std::size_t>(bytes)});
    return whole ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int file_write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    Handle& handle = handle_of(file);
    return handle.process->write(*handle.node, offset,
                                 {static_cast<const std::uint8_t*>(from), static_cast<std::size_t>(bytes)});
}

int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
    Handle& handle = handle_of(file);
    return handle.process->truncate(*handle.node, size);
}

int file_sync(sqlite3_file* file, int) {
    Handle& handle = handle_of(file);
    return handle.process->sync(*handle.node);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    Handle& handle = handle_of(file);
    if (!handle.process->alive()) return SQLITE_IOERR_FSTAT;
    *size = handle.node->file.size();
    return SQLITE_OK;
}

int file_lock(sqlite3_file* file, int lock) {
    Handle& handle = handle_of(file);
    if (!handle.process->alive()) return SQLITE_IOERR_LOCK;
    return handle.node->locks.raise(&handle, handle.level, level_of(lock)) ? SQLITE_OK : SQLITE_BUSY;
}

int file_unlock(sqlite3_file* file, int lock) {
    Handle& handle = handle_of(file);
    if (handle.process->alive()) handle.node->locks.lower(&handle, handle.level, level_of(lock));
    return SQLITE_OK;
}

int file_check_reserved(sqlite3_file* file, int* reserved) {
    *reserved = handle_of(file).node->locks.reserved() ? 1 : 0;
    return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}
int file_sector_size(sqlite3_file*) {
    return 4096;
}
int file_characteristics(sqlite3_file*) {
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int shm_map(sqlite3_file* file, int region, int bytes, int extend, volatile void** mapped) {
    Handle& handle = handle_of(file);
    *mapped = nullptr;
    if (!handle.process->alive()) return SQLITE_IOERR_SHMMAP;
    SharedMemory& memory = handle.node->shared_memory;
    if (memory.users.empty()) memory.regions.clear();
    memory.users.insert(&handle);
    const auto wanted = static_cast<std::size_t>(region) + 1;
    if (memory.regions.size() < wanted && extend == 0) return SQLITE_OK;
    while (memory.regions.size() < wanted) {
        memory.regions.push_back(std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(bytes)));
    }
    *mapped = memory.regions[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
}

bool shm_free(const SharedMemory::Lock& lock, const void* owner, bool exclusive) {
    if (lock.exclusive != nullptr && lock.exclusive != owner) return false;
    if (!exclusive) return true;
    return lock.shared.empty() || (lock.shared.size() == 1 && lock.shared.contains(owner));
}

int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    Handle& handle = handle_of(file);
    auto& locks = handle.node->shared_memory.locks;
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        for (int slot = offset; slot < offset + count; ++slot) {
            auto& lock = locks.at(static_cast<std::size_t>(slot));
            lock.shared.erase(&handle);
            if (lock.exclusive == &handle) lock.exclusive = nullptr;
        }
        return SQLITE_OK;
    }
    if (!handle.process->alive()) return SQLITE_IOERR_SHMLOCK;
    for (int slot = offset; slot < offset + count; ++slot) {
        if (!shm_free(locks.at(static_cast<std::size_t>(slot)), &handle, exclusive)) return SQLITE_BUSY;
    }
    for (int slot = offset; slot < offset + count; ++slot) {
        auto& lock = locks.at(static_cast<std::size_t>(slot));
        if (exclusive) {
            lock.exclusive = &handle;
        } else {
            lock.shared.insert(&handle);
        }
    }
    return SQLITE_OK;
}

void shm_barrier(sqlite3_file*) {}

int shm_unmap(sqlite3_file* file, int) {
    Handle& handle = handle_of(file);
    handle.node->shared_memory.users.erase(&handle);
    return SQLITE_OK;
}

const sqlite3_io_methods io_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    DiskProcess& process = process_of(vfs);
    file->pMethods = nullptr;
    std::string path = name != nullptr ? name : "";
    const bool temporary = path.empty();
    if (temporary) {
        path = "temporary-" + std::to_string(process.random().next());
        flags |= SQLITE_OPEN_CREATE | SQLITE_OPEN_DELETEONCLOSE;
    }
    SharedNode node = process.open(path, (flags & SQLITE_OPEN_CREATE) != 0);
    if (!node) return SQLITE_CANTOPEN;
    const bool deleted = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    auto* handle = new (file) Handle{.base = {&io_methods},
                                     .process = &process,
                                     .node = node,
                                     .delete_on_close = deleted ? path : std::string(),
                                     .level = FileLocks::Level::none};
    process.adopt(handle, std::move(node));
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
}

int vfs_delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    return process_of(vfs).remove(name, sync_directory != 0);
}

int vfs_access(sqlite3_vfs* vfs, const char* name, int, int* result) {
    DiskProcess& process = process_of(vfs);
    if (!process.alive()) return SQLITE_IOERR_ACCESS;
    const SharedNode node = process.disk().find(name);
    *result = node ? 1 : 0;
    return SQLITE_OK;
}

int vfs_full_pathname(sqlite3_vfs*, const char* name, int bytes, char* out) {
    const std::size_t length = std::strlen(name);
    if (length + 1 > static_cast<std::size_t>(bytes)) return SQLITE_CANTOPEN;
    std::memcpy(out, name, length + 1);
    return SQLITE_OK;
}

int vfs_randomness(sqlite3_vfs* vfs, int bytes, char* out) {
    process_of(vfs).random().fill({reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(bytes)});
    return bytes;
}

int vfs_sleep(sqlite3_vfs*, int microseconds) {
    return microseconds;
}

int vfs_current_time(sqlite3_vfs*, sqlite3_int64* milliseconds_of_julian_day) {
    constexpr sqlite3_int64 new_year_2025 = 212602406400000;
    *milliseconds_of_julian_day = new_year_2025;
    return SQLITE_OK;
}

int vfs_last_error(sqlite3_vfs*, int, char*) {
    return 0;
}

sqlite3_vfs vfs_table(const char* name, void* data) {
    sqlite3_vfs vfs{};
    vfs.iVersion = 2;
    vfs.szOsFile = sizeof(Handle);
    vfs.mxPathname = 512;
    vfs.zName = name;
    vfs.pAppData = data;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    vfs.xFullPathname = vfs_full_pathname;
    vfs.xRandomness = vfs_randomness;
    vfs.xSleep = vfs_sleep;
    vfs.xGetLastError = vfs_last_error;
    vfs.xCurrentTimeInt64 = vfs_current_time;
    return vfs;
}

}  // namespace

struct DiskProcess::Registration {
    sqlite3_vfs vfs;
};

DiskProcess::DiskProcess(MemoryDisk& disk, std::uint64_t number)
    : disk_(disk),
      random_(disk.random_.fork("process " + std::to_string(number))),
      vfs_name_("sim:" + disk.name_ + ":" + std::to_string(number)),
      registration_(std::make_unique<Registration>()) {
    ++disk_.processes_alive_;
    registration_->vfs = vfs_table(vfs_name_.c_str(), this);
    [[maybe_unused]] const int registered = sqlite3_vfs_register(&registration_->vfs, 0);
    assert(registered == SQLITE_OK);
}

DiskProcess::~DiskProcess() {
    kill();
    sqlite3_vfs_unregister(&registration_->vfs);
}

namespace {

/// The default VFS is asked only for randomness, once after each reset; files go through the named ones.
struct Chance {
    sqlite3_vfs vfs;
    Random random{0};
    sqlite3_vfs* before = nullptr;
};
Chance chance;

int chance_randomness(sqlite3_vfs*, int bytes, char* out) {
    chance.random.fill({reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(bytes)});
    return bytes;
}

}  // namespace

void use_sqlite_in_one_thread() {
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

SqliteChance::SqliteChance(std::uint64_t seed) {
    sqlite3_initialize();
    assert(chance.before == nullptr);
    chance.before = sqlite3_vfs_find(nullptr);
    chance.random = Random(seed);
    chance.vfs = *chance.before;
    chance.vfs.zName = "sim:chance";
    chance.vfs.xRandomness = chance_randomness;
    sqlite3_vfs_register(&chance.vfs, 1);
    sqlite3_randomness(0, nullptr);
}

SqliteChance::~SqliteChance() {
    sqlite3_vfs_unregister(&chance.vfs);
    sqlite3_vfs_register(chance.before, 1);
    chance.before = nullptr;
    sqlite3_randomness(0, nullptr);
}

}  // namespace parley::sim
