#include "sim/memory_disk.hpp"

#include <sqlite3.h>

#include <cassert>
#include <utility>

namespace parley::sim {

bool FileLocks::raise(Owner owner, Level& level, Level wanted) {
    if (wanted <= level) return true;
    const bool reserved_elsewhere = reserved_ != nullptr && reserved_ != owner;
    if (wanted == Level::shared) {
        if (reserved_elsewhere && pending_) return false;
        shared_.insert(owner);
        level = Level::shared;
        return true;
    }
    if (reserved_elsewhere) return false;
    reserved_ = owner;
    if (wanted == Level::reserved) {
        level = Level::reserved;
        return true;
    }
    pending_ = true;
    level = Level::pending;
    if (wanted == Level::pending) return true;
    const std::size_t others = shared_.size() - (shared_.contains(owner) ? 1 : 0);
    if (others > 0) return false;
    level = Level::exclusive;
    return true;
}

void FileLocks::lower(Owner owner, Level& level, Level wanted) {
    if (wanted >= level) return;
    if (wanted <= Level::shared && reserved_ == owner) {
        reserved_ = nullptr;
        pending_ = false;
    }
    if (wanted == Level::none) shared_.erase(owner);
    level = wanted;
}

MemoryDisk::MemoryDisk(std::string name, Random random) : name_(std::move(name)), random_(random) {}

MemoryDisk::~MemoryDisk() {
    assert(processes_alive_ == 0);
}

std::int64_t MemoryDisk::used() const {
    std::int64_t bytes = 0;
    for (const auto& [path, node] : files_)
        bytes += node->file.size();
    return bytes;
}

SharedNode MemoryDisk::find(std::string_view path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : found->second;
}

std::unique_ptr<MemoryDisk> MemoryDisk::copy(std::string name) const {
    auto result = std::make_unique<MemoryDisk>(std::move(name), random_.fork("copy"));
    result->become(*this);
    return result;
}

void MemoryDisk::become(const MemoryDisk& other) {
    assert(processes_alive_ == 0);
    files_.clear();
    unlinked_.clear();
    for (const auto& [path, node] : other.files_) {
        auto twin = std::make_shared<DiskNode>();
        twin->file = node->file;
        files_[path] = std::move(twin);
    }
}

void MemoryDisk::settle() {
    unlinked_.clear();
    for (auto& [path, node] : files_) {
        node->file.sync();
        node->entry_synced = true;
    }
}

std::unique_ptr<DiskProcess> MemoryDisk::start() {
    return std::make_unique<DiskProcess>(*this, ++processes_started_);
}

void MemoryDisk::lose_power() {
    assert(processes_alive_ == 0);
    ++counts_.power_losses;
    for (auto& [path, node] : unlinked_) {
        if (random_.below(2) == 0) files_.try_emplace(path, node);
    }
    unlinked_.clear();
    for (auto entry = files_.begin(); entry != files_.end();) {
        DiskNode& node = *entry->second;
        if (!node.entry_synced && random_.below(2) == 0) {
            entry = files_.erase(entry);
            continue;
        }
        const Damage damage = node.file.lose_power(random_);
        counts_.sectors_lost += damage.sectors_lost;
        counts_.sectors_torn += damage.sectors_torn;
        node.entry_synced = true;
        ++entry;
    }
}

void MemoryDisk::format() {
    assert(processes_alive_ == 0);
    files_.clear();
    unlinked_.clear();
}

void MemoryDisk::put(const std::string& path, ByteView bytes) {
    assert(processes_alive_ == 0);
    auto node = std::make_shared<DiskNode>();
    node->file.write(0, bytes);
    node->file.sync();
    node->entry_synced = true;
    files_[path] = std::move(node);
}

SharedNode MemoryDisk::open(const std::string& path, bool create) {
    if (SharedNode node = find(path)) return node;
    if (!create) return nullptr;
    return files_[path] = std::make_shared<DiskNode>();
}

void MemoryDisk::remove(const std::string& path, bool synced) {
    const auto found = files_.find(path);
    if (found == files_.end()) return;
    if (!synced && found->second->entry_synced) unlinked_[path] = found->second;
    if (synced) unlinked_.erase(path);
    files_.erase(found);
}

void DiskProcess::interrupt() {
    if (until_interrupt_ == 0 || --until_interrupt_ > 0) return;
    const auto heard = std::exchange(interrupt_, nullptr);
    heard();
}

bool DiskProcess::goes_on(bool sync) {
    if (!alive_) return false;
    interrupt();
    if (!alive_) return false;
    const bool dies =
        (operations_left_ > 0 && --operations_left_ == 0) || (sync && syncs_left_ > 0 && --syncs_left_ == 0);
    if (!dies) return true;
    kill();
    if (on_death_) on_death_();
    return false;
}

void DiskProcess::kill() {
    if (!alive_) return;
    alive_ = false;
    --disk_.processes_alive_;
    while (!handles_.empty())
        release(handles_.begin()->first);
}

void DiskProcess::release(const void* handle) {
    const auto found = handles_.find(handle);
    if (found == handles_.end()) return;
    DiskNode& node = *found->second;
    FileLocks::Level level = FileLocks::Level::exclusive;
    node.locks.lower(handle, level, FileLocks::Level::none);
    for (auto& lock : node.shared_memory.locks) {
        lock.shared.erase(handle);
        if (lock.exclusive == handle) lock.exclusive = nullptr;
    }
    node.shared_memory.users.erase(handle);
    handles_.erase(found);
}

SharedNode DiskProcess::open(const std::string& path, bool create) {
    return alive_ ? disk_.open(path, create) : nullptr;
}

int DiskProcess::remove(const std::string& path, bool synced) {
    if (!goes_on()) return SQLITE_IOERR_DELETE;
    if (!disk_.find(path)) return SQLITE_IOERR_DELETE_NOENT;
    disk_.remove(path, synced);
    return SQLITE_OK;
}

int DiskProcess::write(DiskNode& node, std::int64_t offset, ByteView bytes) {
    if (!goes_on()) return SQLITE_IOERR_WRITE;
    const std::int64_t growth = offset + static_cast<std::int64_t>(bytes.size()) - node.file.size();
    if (growth > 0 && disk_.faults_.capacity && disk_.used() + growth > *disk_.faults_.capacity) {
        ++disk_.counts_.full;
        return SQLITE_FULL;
    }
    ++disk_.counts_.writes;
    disk_.counts_.written_bytes += static_cast<std::int64_t>(bytes.size());
    node.file.write(offset, bytes);
    return SQLITE_OK;
}

int DiskProcess::truncate(DiskNode& node, std::int64_t size) {
    if (!goes_on()) return SQLITE_IOERR_TRUNCATE;
    node.file.truncate(size);
    return SQLITE_OK;
}

int DiskProcess::sync(DiskNode& node) {
    if (!goes_on(true)) return SQLITE_IOERR_FSYNC;
    ++disk_.counts_.syncs;
    const auto& faults = disk_.faults_;
    const bool named = !faults.sync_failure_of.empty() && disk_.find(faults.sync_failure_of).get() == &node;
    if (named || (faults.sync_failures > 0 && random_.per_mille(faults.sync_failures))) {
        ++disk_.counts_.failed_syncs;
        node.file.fail_sync(random_);
        return faults.sync_failures_unsaid ? SQLITE_OK : SQLITE_IOERR_FSYNC;
    }
    if (!faults.syncs_lie) {
        node.file.sync();
        disk_.unlinked_.clear();
        for (auto& [path, other] : disk_.files_)
            other->entry_synced = true;
    }
    return SQLITE_OK;
}

}  // namespace parley::sim
