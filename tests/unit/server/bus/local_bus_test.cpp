#include "server/bus/local_bus.hpp"

#include "tests/support/comes_true.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace parley::server::test {
namespace {

using parley::test::comes_true;
using Task = std::function<void(Shard&, Now)>;

/// What was posted to a shard, which does it when it is told to.
struct SlowShard {
    std::mutex mutex;
    std::deque<Task> tasks;
    std::size_t posted = 0;
    std::size_t waiting_most = 0;
    std::atomic<std::int64_t> unwalked{0};

    LocalBus::Post post() {
        return [this](Task task) {
            const std::lock_guard lock(mutex);
            tasks.push_back(std::move(task));
            ++posted;
            waiting_most = std::max(waiting_most, tasks.size());
        };
    }
    std::size_t ever_posted() {
        const std::lock_guard lock(mutex);
        return posted;
    }
    bool run_one(World& world) {
        Task task;
        {
            const std::lock_guard lock(mutex);
            if (tasks.empty()) return false;
            task = std::move(tasks.front());
            tasks.pop_front();
        }
        task(world.shard(), world.now);
        return true;
    }
};

/// Of a message of this size, in a conversation that nobody hears of.
Batch batch_at(std::int64_t position, std::size_t text_bytes) {
    ConversationChange change;
    change.conversation = {1};
    change.change.payload = protocol::MessageNew{.text = std::string(text_bytes, 'x')};
    Batch batch{.first_position = position, .last_position = position, .effects = {}};
    batch.effects.emplace_back(std::move(change));
    return batch;
}

TEST(LocalBus, HoldsTheWriterBackWhereAShardIsSlow) {
    World world;
    SlowShard slow;
    SlowShard quick;
    LocalBus bus(100'000);
    bus.add_shard(slow.post(), slow.unwalked);
    bus.add_shard(quick.post(), quick.unwalked);
    constexpr std::size_t batches = 200;
    std::thread writer([&] {
        for (std::size_t i = 0; i < batches; ++i)
            bus.publish(batch_at(world.store().position() + 1 + static_cast<std::int64_t>(i), 10'000));
    });
    World beside;
    for (std::size_t walked = 0; walked < batches; ++walked) {
        // The other one has nothing to do any more, and still the writer waits for this one: more than 30,000
        // bytes a batch, in three forms, and one that was let in just below the limit.
        const std::size_t next = std::min(walked + 4, batches);
        ASSERT_TRUE(comes_true([&] { return slow.ever_posted() >= next; }));
        while (quick.run_one(beside)) {
        }
        EXPECT_LE(slow.unwalked, 150'000);
        ASSERT_TRUE(slow.run_one(world));
    }
    writer.join();
    EXPECT_LE(slow.waiting_most, 5u);
    EXPECT_EQ(slow.ever_posted(), batches);
    EXPECT_EQ(slow.unwalked, 0) << "and what was walked counts no more";
    EXPECT_EQ(world.shard().walked(), world.store().position() + static_cast<std::int64_t>(batches));
}

}  // namespace
}  // namespace parley::server::test
