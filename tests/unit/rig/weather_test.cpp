#include "tests/rig/weather.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace parley::rig {

namespace {

using testing::Each;

constexpr int many = 100'000;

struct Seen {
    std::vector<int> copies;
    std::vector<std::int64_t> delays_us;

    bool operator==(const Seen&) const = default;
};

/// `change_at`: the weather changes before this packet, to the second one.
Seen passed(Way& way, int packets, int change_at = -1, const Weather& second = {}) {
    Seen seen;
    for (int i = 0; i < packets; ++i) {
        if (i == change_at) way.weather(second);
        const Fate fate = way.depart();
        seen.copies.push_back(fate.copies);
        for (int copy = 0; copy < fate.copies; ++copy)
            seen.delays_us.push_back(fate.delays_us[static_cast<std::size_t>(copy)]);
    }
    return seen;
}

constexpr Weather storm{.delay_us = 20'000, .jitter_us = 10'000, .loss_ppm = 50'000, .twice_ppm = 20'000};

}  // namespace

TEST(Weather, SameSeedSameFates) {
    Way one(7);
    Way other(7);
    Way third(8);
    one.weather(storm);
    other.weather(storm);
    third.weather(storm);
    const Seen seen = passed(one, 1'000);
    EXPECT_EQ(seen, passed(other, 1'000));
    EXPECT_NE(seen, passed(third, 1'000));
}

TEST(Weather, AnEarlierChangeLeavesLaterFatesAsTheyWere) {
    Way one(7);
    Way other(7);
    other.weather(storm);
    passed(one, 100, 50, storm);
    passed(other, 100, 50, storm);
    EXPECT_EQ(passed(one, 1'000), passed(other, 1'000));
}

TEST(Weather, SharesAreKept) {
    Way way(1);
    way.weather(storm);
    passed(way, many);
    EXPECT_NEAR(static_cast<double>(way.tally().lost) / many, 0.05, 0.005);
    EXPECT_NEAR(static_cast<double>(way.tally().twice) / many, 0.02 * 0.95, 0.003);
}

TEST(Weather, DelaysLieBetweenDelayAndJitter) {
    Way way(1);
    way.weather(storm);
    EXPECT_THAT(passed(way, many).delays_us, Each(testing::AllOf(testing::Ge(20'000), testing::Le(30'000))));
}

TEST(Weather, InCalmEveryPacketArrivesOnceAndAtOnce) {
    Way way(1);
    const Seen seen = passed(way, 1'000);
    EXPECT_THAT(seen.copies, Each(1));
    EXPECT_THAT(seen.delays_us, Each(0));
}

TEST(Weather, ABlockedWayLetsNothingThroughUntilItIsOpened) {
    Way way(1);
    way.block(true);
    EXPECT_THAT(passed(way, 100).copies, Each(0));
    way.block(false);
    EXPECT_THAT(passed(way, 100).copies, Each(1));
    EXPECT_EQ(way.tally().blocked, 100);
}

TEST(Weather, WhatComesAfterALaterOneCountsAsOvertaken) {
    Way way(1);
    passed(way, 3);
    way.arrive(2);
    way.arrive(1);
    way.arrive(3);
    EXPECT_EQ(way.tally().overtaken, 1);
    EXPECT_EQ(way.tally().arrived, 3);
}

}  // namespace parley::rig
