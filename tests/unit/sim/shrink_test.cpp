#include "sim/shrink.hpp"

#include "sim/verdict.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace parley::sim {
namespace {

RunOptions lying(std::uint64_t seed) {
    RunOptions options;
    options.seed = seed;
    options.profile = Profile::hostile;
    options.steps = 100;
    options.defects.answers_before_sync = true;
    return options;
}

TEST(Shrink, WhatIsLeftBreaksTheSamePromiseWithLess) {
    std::vector<std::size_t> acts;
    std::vector<std::size_t> faults;
    for (std::uint64_t seed = 1; seed < 300 && acts.size() < 3; ++seed) {
        const Verdict broken = outline_apart(lying(seed));
        if (!broken.broken) continue;
        const auto smaller = shrink(lying(seed), [](std::string_view) {});
        ASSERT_TRUE(smaller);
        const Verdict again = outline_apart(*smaller);
        EXPECT_EQ(again.broken, broken.broken) << "seed " << seed;
        EXPECT_EQ(outline_apart(*smaller).trace_hash, again.trace_hash);
        acts.push_back(smaller->cut.acts->size());
        faults.push_back(smaller->cut.faults->size());
    }
    ASSERT_EQ(acts.size(), 3U);
    std::ranges::sort(acts);
    std::ranges::sort(faults);
    // Something is acknowledged, and the power goes. Where that has to be in the middle of a certain write,
    // what wrote before has to stay: acts, and faults after which the server writes while it starts.
    EXPECT_LE(acts[1], 10U);
    EXPECT_LE(faults[1], 4U);
    EXPECT_LE(acts[2], 40U) << "of 100";
    EXPECT_LE(faults[2], 10U);
}

TEST(Shrink, ASeedThatDiffersFromItselfIsMadeSmaller) {
    RunOptions options;
    options.seed = 7;
    options.steps = 20;
    options.profile = Profile::calm;
    options.defects.differs = true;
    const auto smaller = shrink(options, [](std::string_view) {});
    ASSERT_TRUE(smaller);
    EXPECT_TRUE(smaller->cut.acts->empty());
    const Verdict verdict = judge(*smaller);
    EXPECT_EQ(verdict.broken, 0);
    EXPECT_NE(verdict.report.find("the same run did not do the same"), std::string::npos);
}

TEST(Shrink, ARunThatBreaksNothingCannotBeMadeSmaller) {
    RunOptions options;
    options.steps = 20;
    options.profile = Profile::calm;
    EXPECT_FALSE(shrink(options, [](std::string_view) {}));
}

}  // namespace
}  // namespace parley::sim
