#include "server/api/rate_limits.hpp"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(RateLimits, GiveABurstAndThenTheRate) {
    RateLimits limits({.messages_per_second = 5, .messages_burst = 60});
    const AccountKey ada{1};
    Instant now{1'000};
    for (int i = 0; i < 60; ++i)
        EXPECT_FALSE(limits.take_message(ada, now));
    EXPECT_EQ(limits.take_message(ada, now), milliseconds(200));
    EXPECT_FALSE(limits.take_message(AccountKey{2}, now)) << "each account has its own";
    int taken = 0;
    for (; now < Instant{11'000}; now = now + milliseconds(10))
        taken += limits.take_message(ada, now) ? 0 : 1;
    EXPECT_EQ(taken, 49);
}

TEST(RateLimits, SayTheTruthAboutWaiting) {
    RateLimits limits({.messages_per_second = 7, .messages_burst = 1});
    Instant now{0};
    EXPECT_FALSE(limits.take_message({1}, now));
    for (int i = 0; i < 100; ++i) {
        const auto wait = limits.take_message({1}, now);
        ASSERT_TRUE(wait);
        EXPECT_TRUE(limits.take_message({1}, now + *wait - milliseconds(1)));
        now = now + *wait;
        EXPECT_FALSE(limits.take_message({1}, now));
    }
}

TEST(RateLimits, LetFivePasswordsFailThenOneInAHundredSeconds) {
    RateLimits limits({});
    Instant now{0};
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(limits.take_password("ada", "10.0.0.1", now));
    EXPECT_EQ(limits.take_password("ada", "10.0.0.1", now), seconds(100));
    EXPECT_FALSE(limits.take_password("ada", "10.0.0.2", now)) << "per address";
    EXPECT_FALSE(limits.take_password("bob", "10.0.0.1", now)) << "per account";
    now = now + seconds(100);
    EXPECT_FALSE(limits.take_password("ada", "10.0.0.1", now));
    EXPECT_TRUE(limits.take_password("ada", "10.0.0.1", now));
}

TEST(RateLimits, ForgiveWhoSignsInAndWhatWasNotTried) {
    RateLimits limits({});
    const Instant now{0};
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(limits.take_password("ada", "10.0.0.1", now));
        limits.password_not_tried("ada", "10.0.0.1");
    }
    for (int i = 0; i < 4; ++i)
        EXPECT_FALSE(limits.take_password("ada", "10.0.0.1", now));
    limits.password_fitted("ada", "10.0.0.1");
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(limits.take_password("ada", "10.0.0.1", now));
    EXPECT_TRUE(limits.take_password("ada", "10.0.0.1", now));
}

TEST(RateLimits, StayBoundedWhoeverIsNamed) {
    RateLimits limits({});
    const Instant now{0};
    for (int i = 0; i < 250'000; ++i)
        limits.take_password(std::to_string(i), "10.0.0.1", now);
    EXPECT_LE(limits.size(), 200'000u);
}

}  // namespace
}  // namespace parley::server
