#include "sim/shrink.hpp"

#include "sim/verdict.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

namespace parley::sim {
namespace {

RunOptions lying(std::uint64_t seed) {
    RunOptions options;
    options.seed = seed;
    options.profile = Profile::hostile;
    options.steps = 200;
    options.defects.answers_before_sync = true;
    return options;
}

TEST(Shrink, WhatIsLeftBreaksTheSamePromiseWithLess) {
    std::optional<Verdict> broken;
    std::uint64_t seed = 0;
    while (!broken && seed < 300) {
        const Verdict verdict = outline_apart(lying(++seed));
        if (verdict.broken) broken = verdict;
    }
    ASSERT_TRUE(broken);
    const auto smaller = shrink(lying(seed), [](std::string_view) {});
    ASSERT_TRUE(smaller);
    const Verdict again = outline_apart(*smaller);
    EXPECT_EQ(again.broken, broken->broken);
    // A message is acknowledged, and the power goes.
    EXPECT_LE(smaller->cut.acts->size(), 20U);
    EXPECT_LE(smaller->cut.faults->size(), 4U);
    EXPECT_EQ(outline_apart(*smaller).trace_hash, again.trace_hash);
}

TEST(Shrink, ARunThatBreaksNothingCannotBeMadeSmaller) {
    RunOptions options;
    options.steps = 20;
    options.profile = Profile::calm;
    EXPECT_FALSE(shrink(options, [](std::string_view) {}));
}

}  // namespace
}  // namespace parley::sim
