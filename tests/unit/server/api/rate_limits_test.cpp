#include "server/api/rate_limits.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

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

TEST(RateLimits, TakeAllThatThereIsForWhatCostsMore) {
    RateLimits limits({.messages_per_second = 5, .messages_burst = 10});
    Instant now{0};
    EXPECT_FALSE(limits.take_message({1}, now, 51));
    EXPECT_EQ(limits.take_message({1}, now, 51), seconds(2));
    EXPECT_EQ(limits.take_message({1}, now), milliseconds(200));
    now = now + seconds(2);
    EXPECT_FALSE(limits.take_message({1}, now, 51));
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

PasswordTry attempt(std::string handle, std::string address) {
    return {.handle = std::move(handle), .address = std::move(address), .familiar = false};
}

/// How many of as many attempts as there are numbers may be made at once.
template <class Make>
int taken(RateLimits& limits, int attempts, Instant now, Make make) {
    int count = 0;
    for (int i = 0; i < attempts; ++i)
        count += limits.take_password(make(std::to_string(i)), now) ? 0 : 1;
    return count;
}

TEST(RateLimits, LetFivePasswordsFailThenOneInAHundredSeconds) {
    RateLimits limits({});
    Instant now{0};
    const PasswordTry ada = attempt("ada", "10.0.0.1");
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(limits.take_password(ada, now));
    EXPECT_EQ(limits.take_password(ada, now), seconds(100));
    EXPECT_FALSE(limits.take_password(attempt("ada", "10.0.0.2"), now)) << "per address";
    EXPECT_FALSE(limits.take_password(attempt("bob", "10.0.0.1"), now)) << "per account";
    now = now + seconds(100);
    EXPECT_FALSE(limits.take_password(ada, now));
    EXPECT_TRUE(limits.take_password(ada, now));
}

TEST(RateLimits, ForgiveWhoSignsInAndWhatWasNotTried) {
    RateLimits limits({});
    const Instant now{0};
    const PasswordTry ada = attempt("ada", "10.0.0.1");
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_FALSE(limits.take_password(ada, now));
        limits.password_not_tried(ada);
    }
    for (int i = 0; i < 4; ++i)
        EXPECT_FALSE(limits.take_password(ada, now));
    limits.password_fitted(ada);
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(limits.take_password(ada, now));
    EXPECT_TRUE(limits.take_password(ada, now));
}

TEST(RateLimits, HoldBackOneAddressThatTriesEverybody) {
    RateLimits limits({});
    Instant now{0};
    const auto anybody = [](const std::string& number) {
        return attempt("person " + number, "10.0.0.1");
    };
    EXPECT_EQ(taken(limits, 1'000, now, anybody), 50);
    EXPECT_EQ(limits.take_password(attempt("ada", "10.0.0.1"), now), seconds(20));
    EXPECT_FALSE(limits.take_password(attempt("ada", "10.0.0.2"), now)) << "of another address";
    now = now + seconds(3'600);
    EXPECT_EQ(taken(limits, 1'000, now, anybody), 50) << "never more than so many at once";
}

TEST(RateLimits, AreNotBoughtWithAnAccountOfOnesOwn) {
    RateLimits limits({});
    const Instant now{0};
    const PasswordTry own = attempt("mallory", "10.0.0.1");
    int guessed = 0;
    for (int i = 0; i < 1'000; ++i) {
        guessed += limits.take_password(attempt("person " + std::to_string(i), "10.0.0.1"), now) ? 0 : 1;
        if (!limits.take_password(own, now)) limits.password_fitted(own);
    }
    EXPECT_EQ(guessed, 50);
}

TEST(RateLimits, HoldBackManyAddressesThatTryOneAccountAndNotItsPerson) {
    RateLimits limits({});
    Instant now{0};
    const AccountKey ada{1};
    limits.note_signed_in(ada, "at home", now);
    const auto anywhere = [](const std::string& number) {
        return attempt("ada", "address " + number);
    };
    EXPECT_EQ(taken(limits, 1'000, now, anywhere), 100);
    EXPECT_EQ(limits.take_password(attempt("ada", "elsewhere"), now), seconds(60));
    EXPECT_FALSE(limits.take_password(attempt("bob", "elsewhere"), now)) << "another account";

    ASSERT_TRUE(limits.is_familiar(ada, "at home", now));
    PasswordTry at_home = attempt("ada", "at home");
    at_home.familiar = true;
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(limits.take_password(at_home, now)) << "whatever strangers do";
    EXPECT_EQ(limits.take_password(at_home, now), seconds(100)) << "no more than from anywhere";
    now = now + seconds(60);
    EXPECT_EQ(taken(limits, 1'000, now, anywhere), 1) << "those at home took nothing of it";
}

TEST(RateLimits, KnowWhereAnAccountWasSignedInForThirtyDays) {
    RateLimits limits({});
    const Instant noted{1'000};
    const Duration days = seconds(30 * 24 * 3'600);
    limits.note_signed_in({1}, "at home", noted);
    EXPECT_TRUE(limits.is_familiar({1}, "at home", noted + days));
    EXPECT_FALSE(limits.is_familiar({1}, "at home", noted + days + milliseconds(1)));
    EXPECT_FALSE(limits.is_familiar({2}, "at home", noted)) << "of this account";
    EXPECT_FALSE(limits.is_familiar({1}, "elsewhere", noted));
    for (int i = 0; i < 250'000; ++i)
        limits.note_signed_in({2}, std::to_string(i), noted);
    EXPECT_LE(limits.size(), 100'000u) << "memory is bounded";
}

TEST(RateLimits, LetOneAddressMakeTenAccountsThenOneInTenMinutes) {
    RateLimits limits({});
    Instant now{0};
    for (int i = 0; i < 10; ++i)
        EXPECT_FALSE(limits.take_account("10.0.0.1", now));
    EXPECT_EQ(limits.take_account("10.0.0.1", now), seconds(600));
    EXPECT_FALSE(limits.take_account("10.0.0.2", now));
    limits.account_not_tried("10.0.0.1");
    EXPECT_FALSE(limits.take_account("10.0.0.1", now));
    now = now + seconds(600);
    EXPECT_FALSE(limits.take_account("10.0.0.1", now));
    EXPECT_TRUE(limits.take_account("10.0.0.1", now));
}

TEST(RateLimits, StayBoundedWhoeverIsNamed) {
    RateLimits limits({});
    const Instant now{0};
    for (int i = 0; i < 250'000; ++i) {
        limits.take_password(attempt(std::to_string(i), "address " + std::to_string(i)), now);
        limits.take_account("address " + std::to_string(i), now);
        limits.take_message({i}, now);
    }
    EXPECT_LE(limits.size(), 500'000u);
}

TEST(RateLimits, ForgetWhatWasUsedLongestAgo) {
    RateLimits limits({});
    const Instant now{0};
    const PasswordTry ada = attempt("ada", "10.0.0.1");
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(limits.take_password(ada, now));
    int still_waits = 0;
    for (int i = 0; i < 250'000; ++i) {
        limits.take_password(attempt(std::to_string(i), "address " + std::to_string(i)), now);
        // Who goes on is not forgotten.
        if (i % 50'000 == 0) still_waits += limits.take_password(ada, now) ? 1 : 0;
    }
    EXPECT_EQ(still_waits, 5);
    EXPECT_TRUE(limits.take_password(ada, now));
}

}  // namespace
}  // namespace parley::server
