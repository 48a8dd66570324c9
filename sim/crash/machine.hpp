#pragma once

#include "server/store/store.hpp"
#include "sim/memory_disk.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim::crash {

/// Deliberate defects, each of which the crash tests have to find. None of them is in the product: they are
/// planted around it (see defects_sqlite.cpp).
enum class Defect : std::uint8_t {
    none,
    /// Commits are not synced; only copying the log back is.
    synchronous_normal,
    /// A sync that failed is taken for one that succeeded.
    failed_sync_ignored,
    /// People hear that their commands are done before the transaction is committed …
    answers_before_commit,
    /// … or after that, before it is synced.
    answers_before_sync,
    /// Every checksum fits.
    no_checksums,
};

struct MachineOptions {
    std::int64_t ballast_bytes = 0;
    std::int64_t log_bytes_max = 1 << 18;
};

/// A server's machine as its store sees it: one disk in memory, and the processes that open the real store on
/// it, one after another.
class Machine final : public server::StoreHost {
  public:
    Machine(Random random, const MachineOptions& options, Defect defect);
    ~Machine() override;
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    // Getters.
    MemoryDisk& disk() { return disk_; }
    DiskProcess& process() { return *process_; }
    server::Store& store() { return *store_; }
    bool alive() const { return process_ && process_->alive(); }
    /// Syncs that failed and ended their process.
    std::int64_t fatal_ends() const { return fatal_ends_; }
    /// Rows that the store has reported since this was asked last; pages stand in stream 0.
    std::vector<std::pair<std::int64_t, std::int64_t>> take_bad_rows() {
        return std::exchange(bad_rows_, {});
    }

    // Commands.
    /// A new process opens the store as `parleyd` does. It dies inside its n-th disk operation; 0: it does
    /// not. An error where the store did not open, of which the process may have died or not.
    Status start(std::int64_t dies_at = 0);
    /// The process ends at once, as on SIGKILL, and what it left in memory is cleared away.
    void stop();
    /// The same, and the machine with it.
    void lose_power();

    // StoreHost.
    void fatal(std::string_view what) override;
    void bad_row(std::int64_t stream, std::int64_t born) override { bad_rows_.emplace_back(stream, born); }
    void bad_index(std::int64_t stream, std::int64_t born) override { bad_rows_.emplace_back(stream, born); }
    void bad_page(std::int64_t number) override { bad_rows_.emplace_back(0, number); }
    void random(std::span<std::uint8_t> bytes) override { random_.fill(bytes); }
    server::DiskUse disk_use() override;

  private:
    MachineOptions options_;
    Defect defect_;
    Random random_;
    SqliteChance chance_;
    MemoryDisk disk_;
    server::Rules rules_{.registration = server::Registration::open, .everyone_invites = true};
    std::unique_ptr<DiskProcess> process_;
    std::unique_ptr<server::Store> store_;
    std::int64_t fatal_ends_ = 0;
    std::vector<std::pair<std::int64_t, std::int64_t>> bad_rows_;
};

}  // namespace parley::sim::crash
