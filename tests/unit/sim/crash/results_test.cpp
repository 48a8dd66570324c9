#include "sim/crash/results.hpp"

#include <gmock/gmock.h>

namespace parley::sim::crash {

namespace {

/// Of which any results are enough.
constexpr Amount anything{.power_losses = 0, .lives = 0, .flips = 0};

Results results_of(std::uint64_t seed) {
    Results results;
    results.power_losses.toll.power_losses = 7;
    results.power_losses.toll.told.rows = 100;
    results.power_losses.took_ms = 20;
    results.power_losses.seeds = {seed};
    results.failing_syncs.toll.lives = 3;
    results.failing_syncs.seeds = {seed, seed + 1};
    results.failing_syncs.findings = {{.seed = seed, .what = "a row\nis lost"}};
    results.rot.parts.front().flips = 5;
    results.rot.parts.front().found = 5;
    results.rot.seeds = {seed};
    return results;
}

}  // namespace

TEST(CrashResults, AreReadAsTheyWereWritten) {
    const auto text = encode(results_of(5));
    const auto read = decode_results(text);
    ASSERT_TRUE(read) << read.error().context;
    EXPECT_EQ(encode(*read), text);
    EXPECT_EQ(read->power_losses.toll.told.rows, 100);
    EXPECT_EQ(read->failing_syncs.findings.front().what, "a row is lost");
    EXPECT_FALSE(read->sound());
}

TEST(CrashResults, AddUp) {
    auto sum = results_of(5);
    ASSERT_TRUE(add(sum, results_of(7)));
    EXPECT_EQ(sum.power_losses.toll.power_losses, 14);
    EXPECT_EQ(sum.power_losses.toll.told.rows, 200);
    EXPECT_EQ(sum.power_losses.took_ms, 40);
    EXPECT_EQ(sum.failing_syncs.toll.lives, 6);
    EXPECT_EQ(sum.failing_syncs.findings.size(), 2U);
    EXPECT_EQ(sum.rot.parts.front().found, 10);
    EXPECT_THAT(sum.failing_syncs.seeds, testing::ElementsAre(5, 6, 7, 8));
}

TEST(CrashResults, OfTheSameSeedAreNotCountedTwice) {
    auto sum = results_of(5);
    const auto added = add(sum, results_of(6));
    ASSERT_FALSE(added);
    EXPECT_EQ(sum.power_losses.toll.power_losses, 7);
}

TEST(CrashResults, ShowAsMuchAsWasAskedFor) {
    auto results = results_of(5);
    EXPECT_THAT(not_shown(results, {.power_losses = 7, .lives = 3, .flips = 0}), testing::IsEmpty())
        << "a small run cannot have many rows";
    EXPECT_THAT(not_shown(results, {.power_losses = 8, .lives = 3, .flips = 0}),
                testing::ElementsAre("only 7 power losses, and not 8"));
    EXPECT_THAT(not_shown(results, {.power_losses = 7, .lives = 4, .flips = 0}),
                testing::ElementsAre("only 3 lives with failing syncs, and not 4"));
    for (auto& part : results.rot.parts)
        part.flips = part.found = 6;
    results.rot.parts.at(1).flips = results.rot.parts.at(1).found = 5;
    EXPECT_THAT(not_shown(results, {.power_losses = 7, .lives = 3, .flips = 6}),
                testing::ElementsAre("only 5 flipped bits in: earlier texts, and not 6"));
}

TEST(CrashResults, OfAWholeRunShowAllThatOneHas) {
    auto results = results_of(5);
    EXPECT_EQ(not_shown(results, {}).size(), 3 + rot_parts.size());
    results.power_losses.toll.power_losses = 60'000;
    results.failing_syncs.toll.lives = 9'000;
    for (auto& part : results.rot.parts)
        part.flips = part.found = 200;
    EXPECT_THAT(not_shown(results, {}),
                testing::ElementsAre("only 100 rows were acknowledged, and not 500000"));
    results.power_losses.toll.told.rows = 500'000;
    EXPECT_THAT(not_shown(results, {}), testing::IsEmpty());
}

TEST(CrashResults, OfAnyRunShowEachFlippedBitOfARow) {
    auto results = results_of(5);
    EXPECT_THAT(not_shown(results, anything), testing::IsEmpty());
    results.rot.parts.front().found = 4;
    EXPECT_THAT(not_shown(results, anything),
                testing::ElementsAre(testing::HasSubstr("in rows only 4 were found")));
    results.rot.parts.at(1).flips = 3;
    EXPECT_THAT(not_shown(results, anything),
                testing::Contains(testing::HasSubstr("in earlier texts only 0 were found")));
}

TEST(CrashResults, ThatAreCutOffAreNotTaken) {
    const auto text = encode(results_of(5));
    EXPECT_FALSE(decode_results(""));
    EXPECT_FALSE(decode_results(text.substr(0, text.size() / 2)));
    EXPECT_FALSE(decode_results(text.substr(0, text.size() - 4)));
    EXPECT_FALSE(decode_results("power_losses.rows 1\nend\n"));
    EXPECT_FALSE(decode_results("power_losses.lives one\nend\n"));
}

}  // namespace parley::sim::crash
