#include "bench/deliveries.hpp"

#include <gtest/gtest.h>

namespace parley::bench {
namespace {

TEST(Deliveries, CountEachMessageOncePerReaderAndStream) {
    Deliveries deliveries;
    const int ada = 0;
    const int bob = 0;
    EXPECT_TRUE(deliveries.note(&ada, "c1", 4));
    EXPECT_TRUE(deliveries.note(&bob, "c1", 4)) << "another reader";
    EXPECT_TRUE(deliveries.note(&ada, "c2", 4)) << "another stream";
    EXPECT_TRUE(deliveries.note(&ada, "c1", 6));
    EXPECT_EQ(deliveries.repeated(), 0u);
    EXPECT_FALSE(deliveries.note(&ada, "c1", 6));
    EXPECT_FALSE(deliveries.note(&ada, "c1", 4));
    EXPECT_EQ(deliveries.repeated(), 2u);
    EXPECT_TRUE(deliveries.note(&ada, "c1", 7));
}

}  // namespace
}  // namespace parley::bench
