#include "client/cli/moments.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

namespace parley::client::cli {
namespace {

TEST(Moments, LengthsHaveAUnit) {
    EXPECT_EQ(length_named("30s"), seconds(30));
    EXPECT_EQ(length_named("30m"), seconds(1'800));
    EXPECT_EQ(length_named("8h"), seconds(8 * 3'600));
    EXPECT_EQ(length_named("2d"), seconds(2 * 86'400));
    EXPECT_EQ(length_named("1w"), seconds(7 * 86'400));
    for (const char* wrong :
         {"", "8", "h", "-8h", "0h", "8 h", "8hours", "1.5h", "3651d", "99999999999999999w"})
        EXPECT_FALSE(length_named(wrong)) << wrong;
    EXPECT_EQ(problem_of_length("8h"), "");
    EXPECT_NE(problem_of_length("soon").find("8h"), std::string::npos);
}

class LocalMoments : public testing::Test {
  protected:
    LocalMoments() {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
    ~LocalMoments() override {
        ::unsetenv("TZ");
        ::tzset();
    }
    /// 2025-06-15 15:06:40.
    static constexpr WallTime now{1'750'000'000'000};
};

TEST_F(LocalMoments, AClockMeansTheNextTimeThatItShowsThis) {
    EXPECT_EQ(moment_named("15:07", now), (WallTime{1'750'000'020'000}));
    EXPECT_EQ(moment_named("15:06", now), (WallTime{1'749'999'960'000 + 86'400'000}));
    EXPECT_EQ(moment_named("00:00", now), (WallTime{1'750'032'000'000}));
}

TEST_F(LocalMoments, ADayMeansItsBeginning) {
    EXPECT_EQ(moment_named("2025-06-16", now), (WallTime{1'750'032'000'000}));
    EXPECT_EQ(moment_named("2025-06-16 01:30", now), (WallTime{1'750'037'400'000}));
    EXPECT_EQ(moment_named("2025-06-16T01:30", now), (WallTime{1'750'037'400'000}));
}

TEST_F(LocalMoments, WhatIsInNoCalendarIsNoMoment) {
    for (const char* wrong : {"", "noon", "24:00", "12:60", "1:00", "12:00 ", "2025-02-29", "2025-13-01",
                              "2025-06-31", "2025-06-16 ", "2025-06-16 1:00", "25-06-16", "-025-06-16"})
        EXPECT_FALSE(moment_named(wrong, now)) << wrong;
    EXPECT_EQ(problem_of_moment("18:00"), "");
    EXPECT_NE(problem_of_moment("noon").find("18:00"), std::string::npos);
}

}  // namespace
}  // namespace parley::client::cli
