#pragma once

#include "sim/crash/ledger.hpp"
#include "sim/crash/machine.hpp"
#include "sim/crash/people.hpp"

#include <array>
#include <cstdint>
#include <utility>

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
};

/// Each number of a toll with its name; what adds, writes and reads tolls goes through all of them.
inline constexpr std::array toll_numbers{
    std::pair{"worlds", &Toll::worlds},
    std::pair{"lives", &Toll::lives},
    std::pair{"power_losses", &Toll::power_losses},
    std::pair{"power_losses_starting", &Toll::power_losses_starting},
    std::pair{"kills", &Toll::kills},
    std::pair{"ends_in_order", &Toll::ends_in_order},
    std::pair{"failed_syncs", &Toll::failed_syncs},
    std::pair{"syncs", &Toll::syncs},
    std::pair{"sectors_lost", &Toll::sectors_lost},
    std::pair{"sectors_torn", &Toll::sectors_torn},
    std::pair{"transactions", &Toll::transactions},
    std::pair{"transactions_cut", &Toll::transactions_cut},
    std::pair{"transactions_survived_untold", &Toll::transactions_survived_untold},
    std::pair{"checkpoints", &Toll::checkpoints},
    std::pair{"backups", &Toll::backups},
    std::pair{"disk_full", &Toll::disk_full},
    std::pair{"audits", &Toll::audits},
    std::pair{"integrity_checks", &Toll::integrity_checks},
    std::pair{"rows_audited", &Toll::rows_audited},
    std::pair{"rows_scrubbed", &Toll::rows_scrubbed},
    std::pair{"rows_served", &Toll::rows_served},
};

}  // namespace parley::sim::crash
