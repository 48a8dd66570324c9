#include "base/time.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace parley {
namespace {

TEST(Time, ADurationMovesAPoint) {
    EXPECT_EQ(Instant{1000} + seconds(2), Instant{3000});
    EXPECT_EQ(Instant{1000} - milliseconds(1), Instant{999});
    EXPECT_EQ(WallTime{5} + milliseconds(5), WallTime{10});
}

TEST(Time, TwoPointsDifferByADuration) {
    EXPECT_EQ(Instant{3000} - Instant{1000}, seconds(2));
    EXPECT_EQ(WallTime{1} - WallTime{2}, milliseconds(-1));
}

TEST(Time, DurationsAddAndMultiply) {
    EXPECT_EQ(seconds(1) + milliseconds(500), milliseconds(1500));
    EXPECT_EQ(seconds(1) * 60 - seconds(30), seconds(30));
    EXPECT_LT(milliseconds(999), seconds(1));
}

TEST(Time, TheTwoClocksDoNotMix) {
    EXPECT_FALSE((std::is_convertible_v<Instant, WallTime>));
    EXPECT_FALSE((std::is_convertible_v<WallTime, Instant>));
}

}  // namespace
}  // namespace parley
