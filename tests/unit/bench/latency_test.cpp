#include "bench/latency.hpp"

#include <gtest/gtest.h>

namespace parley::bench {
namespace {

TEST(Latency, PercentilesAreWithinOnePercent) {
    Latency latency;
    for (Nanos ms = 1; ms <= 1000; ++ms) {
        latency.add(ms * nanos_per_ms);
    }
    EXPECT_EQ(latency.count(), 1000);
    EXPECT_NEAR(latency.percentile_ms(0.50), 500, 5);
    EXPECT_NEAR(latency.percentile_ms(0.99), 990, 10);
    EXPECT_NEAR(latency.percentile_ms(1.00), 1000, 10);
}

TEST(Latency, OneSlowOneAmongMillionsIsNotTheP99) {
    Latency latency;
    for (int i = 0; i < 1'000'000; ++i) {
        latency.add(nanos_per_ms);
    }
    latency.add(3600 * nanos_per_second);
    EXPECT_NEAR(latency.percentile_ms(0.99), 1, 0.01);
    EXPECT_NEAR(latency.percentile_ms(1.0), 3'600'000, 36'000);
}

TEST(Latency, NothingMeasuredIsZero) {
    EXPECT_EQ(Latency().percentile_ms(0.5), 0);
}

TEST(Latency, ShortestAndLongestHaveAPlace) {
    Latency latency;
    latency.add(-5);
    latency.add(0);
    latency.add(INT64_MAX);
    EXPECT_EQ(latency.count(), 3);
    EXPECT_LT(latency.percentile_ms(0.3), 0.001);
}

}  // namespace
}  // namespace parley::bench
