#pragma once

#include "sim/crash/ledger.hpp"
#include "sim/crash/machine.hpp"
#include "sim/crash/people.hpp"

#include <cstdint>

namespace parley::sim::crash {

/// How the lives of a world's server end.
enum class Ends : std::uint8_t {
    /// By power losses above all, by kills, and in order.
    power_losses,
    /// By syncs that fail, five of a hundred, with and without a power loss after it.
    failing_syncs,
};

/// What is the same through one world; all of it follows from the seed.
struct Plan {
    Habits habits;
    MachineOptions machine;
    std::int64_t lives = 0;
    std::int64_t acts_per_life = 0;
    std::int64_t batch_max = 1;
    /// Disk operations that a life has at most before it is killed inside one.
    std::int64_t operations_max = 0;
    std::int64_t sync_failures = 0;
    bool start_deaths = false;
    bool checkpoints = false;
    bool long_views = false;
    bool backups = false;
    bool full_disks = false;
};

Plan plan_of(std::uint64_t seed, Ends ends);

/// What worlds have been through.
struct Toll {
    std::int64_t worlds = 0;
    std::int64_t lives = 0;
    std::int64_t power_losses = 0;
    std::int64_t power_losses_starting = 0;
    std::int64_t kills = 0;
    std::int64_t ends_in_order = 0;
    std::int64_t failed_syncs = 0;
    std::int64_t syncs = 0;
    std::int64_t sectors_lost = 0;
    std::int64_t sectors_torn = 0;
    std::int64_t transactions = 0;
    std::int64_t transactions_cut = 0;
    std::int64_t transactions_survived_untold = 0;
    std::int64_t checkpoints = 0;
    std::int64_t backups = 0;
    std::int64_t disk_full = 0;
    std::int64_t audits = 0;
    std::int64_t integrity_checks = 0;
    std::int64_t rows_audited = 0;
    std::int64_t rows_scrubbed = 0;
    std::int64_t rows_served = 0;
    Told told;

    void add(const Toll& other);
};

}  // namespace parley::sim::crash
