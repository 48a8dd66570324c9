#include "server/store/apply_each.hpp"
#include "tests/unit/server/api/pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace parley::server::test {
namespace {

using protocol::Ack;
using protocol::Receipt;

/// So many conversations that nobody has.
Ack invented(std::int64_t first, int count) {
    Ack ack;
    for (int i = 0; i < count; ++i)
        ack.streams.push_back({.stream = to_id(ConversationKey{first + i}), .seq = 1});
    return ack;
}

/// Whether ada has heard how far bob has got.
bool heard_of_delivery(Pair& pair) {
    pair.world.settle();
    return std::ranges::any_of(pair.writer.take_all<Receipt>(), [](const protocol::Envelope& one) {
        return std::get<Receipt>(one.payload).delivered > 0;
    });
}

struct Acking : Pair {
    Acking() {
        send(1);
        world.pass(seconds(1));
        writer.take();
    }
    Ack own(std::int64_t seq = 4) const { return {.streams = {{.stream = group, .seq = seq}}}; }
    /// What waits for the writer is not written.
    void refuse_all() {
        const std::vector<Work> works = std::exchange(world.writes.queue, {});
        world.batches.push_back(std::make_shared<const EncodedBatch>(std::make_shared<const Batch>(
            refused(world.store().position(), works, {ErrorCode::internal, "no luck", 0, {}}))));
        world.walk();
    }
    /// Time passes, and what waits then stays with the writer.
    void wait(Duration duration) {
        world.now.instant = world.now.instant + duration;
        world.shard().handle_timeout(world.now);
    }
};

TEST(Acks, OfALiveSessionAreOfConversationsThatItHasOpen) {
    Acking acking;
    acking.reader.ask(invented(900'000, 500));
    EXPECT_EQ(acking.world.shard().acks(), 0u);
    acking.reader.ask(acking.own());
    EXPECT_EQ(acking.world.shard().acks(), 1u);
}

TEST(Acks, OfOneDeviceDoNotCrowdOutThoseOfOthers) {
    Acking acking;
    Peer& mallory = acking.world.sign_in(acking.world.person("mallory"));
    for (int i = 0; i < 200; ++i)
        mallory.ask(invented(900'000 + 500 * i, 500));
    EXPECT_LE(acking.world.shard().acks(), 2'000u) << "each costs the writer a look-up";
    acking.reader.ask(acking.own());
    acking.world.pass(seconds(1));
    EXPECT_TRUE(heard_of_delivery(acking));
}

TEST(Acks, GrowWhereADeviceHasSaidManyAlready) {
    Acking acking;
    Peer& bob = acking.world.sign_in(acking.world.another_device(acking.bob));
    bob.ask(acking.own(2));
    for (int i = 0; i < 10; ++i)
        bob.ask(invented(900'000 + 500 * i, 500));
    bob.ask(acking.own());
    acking.world.pass(seconds(1));
    const auto receipts = acking.writer.take_all<Receipt>();
    ASSERT_EQ(receipts.size(), 1u);
    EXPECT_EQ(std::get<Receipt>(receipts.front().payload).delivered, 4);
}

TEST(Acks, ThatCouldNotBeWrittenAreTriedAgain) {
    Acking acking;
    acking.reader.ask(acking.own());
    acking.wait(seconds(1));
    ASSERT_EQ(acking.world.writes.queue.size(), 1u);
    acking.refuse_all();
    EXPECT_FALSE(heard_of_delivery(acking));
    EXPECT_EQ(acking.world.shard().acks(), 1u);
    acking.world.pass(seconds(10));
    EXPECT_TRUE(heard_of_delivery(acking));
    EXPECT_EQ(acking.world.shard().acks(), 0u);
}

TEST(Acks, ThatCouldNotBeWrittenAreProvenByNoPong) {
    Acking acking;
    // What waits for the writer stays there.
    const auto proven = [&] {
        acking.reader.ask(protocol::Ping{});
        const auto pongs = acking.reader.take_all<protocol::Pong>();
        acking.reader.writing = false;
        acking.world.shard().handle_written(acking.reader.key, acking.world.now);
        return pongs.size() == 1 && std::get<protocol::Pong>(pongs.front().payload).token.has_value();
    };
    acking.reader.ask(acking.own());
    EXPECT_TRUE(proven());
    acking.wait(seconds(1));
    acking.refuse_all();
    EXPECT_FALSE(proven());
    acking.wait(seconds(5));
    ASSERT_EQ(acking.world.writes.queue.size(), 1u);
    EXPECT_FALSE(proven()) << "it is on its way, and may come back";
    acking.refuse_all();
    acking.wait(seconds(5));
    EXPECT_FALSE(proven());
    acking.world.pass(seconds(11));
    EXPECT_TRUE(heard_of_delivery(acking));
    EXPECT_TRUE(proven());
}

TEST(Acks, ThatCanNeverBeWrittenHoldUpNoOthersAndAreGivenUp) {
    Acking acking;
    const DeviceKey poisonous = *device_key(acking.bob.device.text());
    const Account carol = acking.world.person("carol");
    acking.world.sign_in(carol).ask(invented(900'000, 40));
    acking.world.sign_in(acking.world.person("dave")).ask(invented(900'000, 40));
    acking.reader.ask(acking.own());
    acking.wait(seconds(1));
    int rounds = 0;
    for (; rounds < 60 && acking.world.shard().acks() + acking.world.writes.queue.size() > 0; ++rounds) {
        std::vector<Work> works = std::exchange(acking.world.writes.queue, {});
        const auto fails = [&](const Work& work) {
            return std::ranges::any_of(std::get<Acks>(work.command).acks,
                                       [&](const Acks::One& one) { return one.device == poisonous; });
        };
        std::ranges::copy_if(works, std::back_inserter(acking.world.writes.queue), fails);
        EXPECT_LE(acking.world.writes.queue.size(), 1u);
        if (rounds > 8 && !acking.world.writes.queue.empty()) {
            EXPECT_EQ(std::get<Acks>(acking.world.writes.queue.front().command).acks.size(), 1u);
        }
        acking.refuse_all();
        acking.wait(seconds(5));
    }
    EXPECT_LT(rounds, 60) << "it was never given up";
}

}  // namespace
}  // namespace parley::server::test
