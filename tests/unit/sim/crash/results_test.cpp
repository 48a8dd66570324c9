#include "sim/crash/results.hpp"

#include <gmock/gmock.h>

namespace parley::sim::crash {

namespace {

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

TEST(CrashResults, OfAWholeRunShowManyRowsAndOfAnyRunEachFlippedBit) {
    auto results = results_of(5);
    EXPECT_THAT(not_shown(results), testing::IsEmpty()) << "a small run cannot have many rows";
    results.power_losses.toll.power_losses = whole_power_losses;
    EXPECT_THAT(not_shown(results), testing::ElementsAre(testing::HasSubstr("only 100 rows")));
    results.power_losses.toll.told.rows = whole_acknowledged_rows;
    EXPECT_THAT(not_shown(results), testing::IsEmpty());
    results.rot.parts.front().found = 4;
    EXPECT_THAT(not_shown(results), testing::ElementsAre(testing::HasSubstr("in rows only 4 were found")));
    results.rot.parts.at(1).flips = 3;
    EXPECT_THAT(not_shown(results),
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
