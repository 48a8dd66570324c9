#pragma once

#include "sim/memory_file.hpp"
#include "sim/random.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sim {

/// What a disk does besides its duty. All of it may be changed at any time.
struct DiskFaults {
    /// Of a thousand syncs, how many fail.
    std::int64_t sync_failures = 0;
    /// Every sync of the file with this name fails; empty: of none.
    std::string sync_failure_of;
    /// Bytes of all files together; writes that need more fail as on a full disk.
    std::optional<std::int64_t> capacity;
    /// Syncs say yes and do nothing: a deliberate defect, for tests of the tests.
    bool syncs_lie = false;
    /// Syncs that fail say yes: another one.
    bool sync_failures_unsaid = false;
};

struct DiskCounts {
    std::int64_t writes = 0;
    std::int64_t written_bytes = 0;
    std::int64_t syncs = 0;
    std::int64_t failed_syncs = 0;
    std::int64_t full = 0;
    std::int64_t power_losses = 0;
    std::int64_t sectors_lost = 0;
    std::int64_t sectors_torn = 0;
};

/// Who holds something, of a few: a lock is taken and left for each statement.
class Holders {
  public:
    using Owner = const void*;
    bool contains(Owner owner) const { return std::ranges::find(owners_, owner) != owners_.end(); }
    bool empty() const { return owners_.empty(); }
    std::size_t size() const { return owners_.size(); }
    void insert(Owner owner) {
        if (!contains(owner)) owners_.push_back(owner);
    }
    void erase(Owner owner) { std::erase(owners_, owner); }

  private:
    std::vector<Owner> owners_;
};

/// The locks that SQLite takes on a database file, among all handles of all processes.
class FileLocks {
  public:
    using Owner = const void*;
    enum class Level : std::uint8_t { none, shared, reserved, pending, exclusive };

    /// False: another owner is in the way.
    bool raise(Owner owner, Level& level, Level wanted);
    void lower(Owner owner, Level& level, Level wanted);
    bool reserved() const { return reserved_ != nullptr; }

  private:
    Holders shared_;
    Owner reserved_ = nullptr;  // of reserved, pending and exclusive
    bool pending_ = false;
};

/// The memory that the connections to a write-ahead log share, with its eight locks. It ends with the last
/// one.
struct SharedMemory {
    struct Lock {
        Holders shared;
        const void* exclusive = nullptr;
    };
    static constexpr int locks_count = 8;

    std::vector<std::unique_ptr<std::uint8_t[]>> regions;
    std::array<Lock, locks_count> locks;
    Holders users;
};

struct DiskNode {
    MemoryFile file;
    FileLocks locks;
    SharedMemory shared_memory;
    /// The directory's entry is on the platter; otherwise a power loss may take the whole file.
    bool entry_synced = false;
};
using SharedNode =
    std::shared_ptr<DiskNode>;  // held by the directory and by open handles, as with unlinked files

class DiskProcess;

/// A disk with one flat directory. Outlives its processes. Making and removing files happens in order, and a
/// sync of any file brings to the platter all that came before it, as journalling file systems have it.
class MemoryDisk {
  public:
    MemoryDisk(std::string name, Random random);
    ~MemoryDisk();
    MemoryDisk(const MemoryDisk&) = delete;
    MemoryDisk& operator=(const MemoryDisk&) = delete;

    const std::string& name() const { return name_; }
    const DiskCounts& counts() const { return counts_; }
    DiskFaults& faults() { return faults_; }
    /// Bytes of all files.
    std::int64_t used() const;
    SharedNode find(std::string_view path) const;
    /// The same bytes on a disk of its own: to look at them without touching a lock.
    std::unique_ptr<MemoryDisk> copy(std::string name) const;
    /// Holds from now on what the other holds. No process may be alive.
    void become(const MemoryDisk& other);
    /// All of it is on the platter, and survives from here on.
    void settle();

    /// A process that uses the disk; there may be several at once.
    std::unique_ptr<DiskProcess> start();
    /// Every process on it must be dead: what was not synced is lost, torn or kept, by the seed.
    void lose_power();
    void format();
    /// A file with these bytes, as if it had always been there.
    void put(const std::string& path, ByteView bytes);

  private:
    friend class DiskProcess;
    SharedNode open(const std::string& path, bool create);
    void remove(const std::string& path, bool synced);

    std::string name_;
    Random random_;
    DiskFaults faults_;
    DiskCounts counts_;
    std::map<std::string, SharedNode, std::less<>> files_;
    /// Removed, but the directory was not synced: back after a power loss, perhaps.
    std::map<std::string, SharedNode> unlinked_;
    std::uint64_t processes_started_ = 0;
    std::int64_t processes_alive_ = 0;
};

/// One process' view of a disk: a SQLite VFS under a name of its own. When it has been killed, every call on
/// it fails and changes nothing; the objects that it leaves behind in this address space may then be
/// destroyed in peace.
class DiskProcess {
  public:
    explicit DiskProcess(MemoryDisk& disk, std::uint64_t number);
    ~DiskProcess();
    DiskProcess(const DiskProcess&) = delete;
    DiskProcess& operator=(const DiskProcess&) = delete;

    const std::string& vfs_name() const { return vfs_name_; }
    bool alive() const { return alive_; }

    void kill();
    /// Kills itself inside the n-th write, sync or truncation from now on (1: the next one).
    void kill_at(std::int64_t operations) { operations_left_ = operations; }
    /// The same inside the n-th sync.
    void kill_at_sync(std::int64_t syncs) { syncs_left_ = syncs; }
    /// Calls this right before the n-th write, sync or truncation from now on, once: what other threads do
    /// meanwhile. It may do anything but use the connection that is writing.
    void interrupt_at(std::int64_t operations, std::function<void()> heard) {
        until_interrupt_ = operations;
        interrupt_ = std::move(heard);
    }
    /// Called when it died by `kill_at`.
    void on_death(std::function<void()> heard) { on_death_ = std::move(heard); }

    // For the VFS. Each answers with a SQLite result code.
    MemoryDisk& disk() { return disk_; }
    Random& random() { return random_; }
    SharedNode open(const std::string& path, bool create);
    int remove(const std::string& path, bool synced);
    int write(DiskNode& node, std::int64_t offset, ByteView bytes);
    int truncate(DiskNode& node, std::int64_t size);
    int sync(DiskNode& node);
    void adopt(const void* handle, SharedNode node) { handles_[handle] = std::move(node); }
    void release(const void* handle);

  private:
    /// False: the process died just now, before this operation.
    bool goes_on(bool sync = false);
    void interrupt();

    MemoryDisk& disk_;
    Random random_;
    std::string vfs_name_;
    bool alive_ = true;
    std::int64_t operations_left_ = 0;
    std::int64_t syncs_left_ = 0;
    std::int64_t until_interrupt_ = 0;
    std::function<void()> interrupt_;
    std::function<void()> on_death_;
    std::map<const void*, SharedNode> handles_;
    struct Registration;
    std::unique_ptr<Registration> registration_;
};

/// Before the first use of SQLite in the process: it has one thread, so that no lock is needed, and nobody
/// asks how much memory SQLite has.
void use_sqlite_in_one_thread();

/// While it lives, all randomness inside SQLite (salts of logs, temporary names) comes from the seed, and its
/// clock stands still. One at a time in a process.
class SqliteChance {
  public:
    explicit SqliteChance(std::uint64_t seed);
    ~SqliteChance();
    SqliteChance(const SqliteChance&) = delete;
    SqliteChance& operator=(const SqliteChance&) = delete;
};

}  // namespace parley::sim
