#include "sim/simulation.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::sim {
namespace {

RunOptions options(std::uint64_t seed, Profile profile) {
    RunOptions options;
    options.seed = seed;
    options.profile = profile;
    options.steps = 150;
    return options;
}

TEST(Simulation, TheSameSeedRunsTheSameByteForByte) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const Profile profile = profiles[seed % profiles.size()];
        std::string first;
        std::string second;
        const auto into = [](std::string& all) {
            return [&all](Instant at, std::string_view who, std::string_view what, std::string_view bytes) {
                all += std::to_string(at.ms);
                all.append(who).append(what).append(bytes);
            };
        };
        auto one = options(seed, profile);
        one.listener = into(first);
        auto two = options(seed, profile);
        two.listener = into(second);
        const Outcome outcome = run(std::move(one));
        EXPECT_EQ(outcome.trace_hash, run(std::move(two)).trace_hash);
        EXPECT_EQ(first, second);
        EXPECT_EQ(outcome.trace_hash, run(options(seed, profile)).trace_hash) << "listening changes nothing";
    }
}

TEST(Simulation, DifferentSeedsRunDifferently) {
    EXPECT_NE(run(options(1, Profile::calm)).trace_hash, run(options(2, Profile::calm)).trace_hash);
}

TEST(Simulation, AServerThatAnswersBeforeItsCommitIsSyncedIsCaught) {
    int caught = 0;
    for (std::uint64_t seed = 1; seed <= 100 && caught == 0; ++seed) {
        auto with_defect = options(seed, Profile::hostile);
        with_defect.steps = steps_default;
        with_defect.defects.answers_before_sync = true;
        const Outcome outcome = run(std::move(with_defect));
        if (!outcome.violation) continue;
        // Now and then the lost sectors leave a store that cannot be opened or read any more: found as well,
        // but not what this is about. Or what had been told of the lost rows shows it first.
        const int promise = outcome.violation->promise;
        if (promise == 0 || promise == 6 || promise == 9) continue;
        caught = outcome.violation->promise;
        EXPECT_TRUE(caught == 1 || caught == 2 || caught == 3) << outcome.violation->what;
    }
    EXPECT_GT(caught, 0);
}

}  // namespace
}  // namespace parley::sim
