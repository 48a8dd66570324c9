#include "server/bus/pools.hpp"

#include "tests/support/comes_true.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <latch>
#include <mutex>
#include <vector>

namespace parley::server::test {
namespace {

using parley::test::comes_true;

TEST(ReaderThreads, CountWhatWaitsBehindAReadThatTakesItsTime) {
    World world;
    std::atomic<std::int64_t> queued{0};
    std::mutex mutex;
    std::vector<std::uint32_t> told;
    const auto post = [&](std::uint32_t shard, const std::function<void()>& task) {
        const std::lock_guard lock(mutex);
        told.push_back(shard);
        task();
    };
    ReaderThreads readers(1, 3, world.store(), post, queued);
    std::latch begun(1);
    std::latch let_go(1);
    int done = 0;
    ASSERT_TRUE(readers.submit(
        7,
        [&](Snapshot&) {
            begun.count_down();
            let_go.wait();
        },
        [&] { ++done; }));
    begun.wait();
    EXPECT_EQ(queued, 0) << "it is being read, and waits no more";
    for (std::uint32_t shard = 0; shard < 3; ++shard)
        ASSERT_TRUE(readers.submit(shard, [](Snapshot&) {}, [&] { ++done; }));
    EXPECT_EQ(queued, 3);
    EXPECT_FALSE(readers.submit(3, [](Snapshot&) {}, [] {})) << "no more than may wait";
    EXPECT_EQ(queued, 3);
    let_go.count_down();
    ASSERT_TRUE(comes_true([&] {
        const std::lock_guard lock(mutex);
        return done == 4;
    }));
    EXPECT_EQ(queued, 0);
    EXPECT_EQ(told, (std::vector<std::uint32_t>{7, 0, 1, 2})) << "each on its shard, in order";
}

}  // namespace
}  // namespace parley::server::test
