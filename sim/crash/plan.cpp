#include "sim/crash/plan.hpp"

#include <array>

namespace parley::sim::crash {

Plan plan_of(std::uint64_t seed, Ends ends) {
    auto random = Random(seed).fork("plan");
    // Group commit is small most of the time, and large when much is going on.
    constexpr std::array<std::int64_t, 12> batches{1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 64, 256};
    constexpr std::array<std::int64_t, 4> logs{1 << 15, 1 << 17, 1 << 19, 1 << 21};
    const auto half = [&] {
        return random.below(2) == 0;
    };
    Plan plan;
    plan.habits = {.accounts = random.between(2, 12), .long_texts = half() ? 5 : 60, .clock_jumps = half()};
    plan.machine = {.ballast_bytes = half() ? 1 << 17 : 0,
                    .log_bytes_max = logs[static_cast<std::size_t>(random.below(logs.size()))]};
    plan.batch_max = batches[static_cast<std::size_t>(random.below(batches.size()))];
    plan.start_deaths = half();
    plan.checkpoints = half();
    plan.long_views = half();
    plan.backups = random.below(4) == 0;
    plan.full_disks = random.below(4) == 0;
    // As by default: what the log holds fits into what the ballast leaves.
    if (plan.full_disks) plan.machine.ballast_bytes = plan.machine.log_bytes_max + (1 << 18);
    plan.lives = random.between(20, 60);
    plan.acts_per_life = 2 + random.between(0, 60) / plan.batch_max;
    plan.operations_max = random.between(10, 120);
    // Few stores grow large, since all of it is looked at again and again.
    if (random.below(256) == 0) {
        plan.batch_max = 512;
        plan.acts_per_life = 10;
        plan.operations_max = 2000;
    }
    if (ends == Ends::failing_syncs) {
        plan.sync_failures = 50;
        plan.acts_per_life *= 4;
    }
    return plan;
}

}  // namespace parley::sim::crash
