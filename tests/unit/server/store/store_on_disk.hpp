#pragma once

#include "server/store/sqlite_store.hpp"
#include "sim/memory_disk.hpp"
#include "tests/contract/store_world.hpp"

#include <memory>
#include <string>

namespace parley::server::test {

/// The store's file, in the working directory of the processes.
inline constexpr auto database = "data/parley.db";
inline constexpr Duration hour = seconds(3'600);

/// A store on a disk in memory, which can lose its power, fail its syncs and be full; and the processes that
/// use it, one after another.
class StoreOnDisk {
  public:
    explicit StoreOnDisk(std::uint64_t seed);
    ~StoreOnDisk() { stop(); }

    /// A new process opens the store; false where it died of it.
    bool start();
    /// The same with a process that is killed inside its n-th write or sync.
    void start_and_die_at(std::int64_t operations);
    /// The same with a process whose first sync of this file fails.
    void start_and_fail_sync(const std::string& path);
    /// The process ends at once, as with SIGKILL.
    void stop();
    void lose_power();

    sim::MemoryDisk& disk() { return disk_; }
    sim::DiskProcess& process() { return *process_; }
    Store& store() { return *store_; }

    class Host final : public StoreHost {
      public:
        explicit Host(StoreOnDisk& owner) : owner_(owner) {}
        /// Its process dies with it, as in production.
        void fatal(std::string_view what) override;
        void bad_row(std::int64_t stream, std::int64_t born) override { inner.bad_row(stream, born); }
        void bad_index(std::int64_t stream, std::int64_t born) override { inner.bad_index(stream, born); }
        void bad_page(std::int64_t number) override { inner.bad_page(number); }
        void random(std::span<std::uint8_t> bytes) override { inner.random(bytes); }
        DiskUse disk_use() override;

        TestHost inner;

      private:
        StoreOnDisk& owner_;
    };
    Host host{*this};
    SqliteOptions options;
    /// Why the store did not open.
    Error open_error;
    /// The last process of `start_and_die_at` did.
    bool died_starting = false;

  private:
    bool open();

    sim::SqliteChance chance_;
    Rules rules_{.registration = Registration::open, .everyone_invites = true};
    sim::MemoryDisk disk_;
    std::unique_ptr<sim::DiskProcess> process_;
    std::unique_ptr<Store> store_;
};

/// A text that stands nowhere else in the file.
inline std::string marked(int number) {
    return "marker " + std::to_string(10000 + number) + " and what follows it";
}

}  // namespace parley::server::test
