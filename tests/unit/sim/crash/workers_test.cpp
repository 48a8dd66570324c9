#include "sim/crash/workers.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace parley::sim::crash {

TEST(CrashWorkers, ComeToTheSameAsOneProcess) {
    const auto together = in_processes(2, [](int worker) {
        const Seeds seeds{.first = 21 + static_cast<std::uint64_t>(worker), .step = 2};
        return Results{.power_losses = try_worlds(seeds, Ends::power_losses, 1, Defect::none),
                       .failing_syncs = {},
                       .rot = {}};
    });
    ASSERT_TRUE(together) << together.error().context;
    EXPECT_THAT(together->power_losses.seeds, testing::ElementsAre(21, 22));
    auto alone = try_worlds({.first = 21}, Ends::power_losses, 1, Defect::none).toll;
    add(alone, try_worlds({.first = 22}, Ends::power_losses, 1, Defect::none).toll);
    EXPECT_EQ(together->power_losses.toll.told.rows, alone.told.rows);
    EXPECT_EQ(together->power_losses.toll.sectors_torn, alone.sectors_torn);
}

TEST(CrashWorkers, ThatDieAreNoSuccess) {
    const auto results = in_processes(2, [](int worker) {
        if (worker == 1) (void)std::raise(SIGKILL);
        return Results{};
    });
    ASSERT_FALSE(results);
    EXPECT_THAT(results.error().context, testing::HasSubstr("worker 1 was ended by signal 9"));
}

}  // namespace parley::sim::crash
