#include "tests/unit/server/api/pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

/// What the server holds for all together, however many they are and whatever they ask for.
namespace parley::server::test {
namespace {

using protocol::Changes;
using protocol::ChangesOk;

World::Options small_ring() {
    World::Options options;
    options.shard.replay_bytes_max = 100'000;
    return options;
}

TEST(Replay, HoldsNoMoreBytesThanItMay) {
    Pair pair(small_ring());
    pair.send(40, std::string(5'000, 'x'));
    EXPECT_LE(pair.world.shard().replay_bytes(), 100'000u);
    EXPECT_GT(pair.world.shard().replay_bytes(), 50'000u);
}

TEST(Replay, ThatIsShortIsMadeUpForByReadingMore) {
    Pair pair(small_ring());
    Peer& late = pair.world.sign_in(pair.world.another_device(pair.bob));
    late.ask(protocol::Resume{});
    // Its first part is read now, and told only when more has passed than can be walked again.
    ASSERT_TRUE(pair.world.read());
    const auto part = std::move(pair.world.reads.finished.front());
    pair.world.reads.finished.pop_front();
    pair.send(40, std::string(5'000, 'x'));
    pair.world.shard().handle_done(part.done, pair.world.now);
    pair.world.settle();
    std::map<StreamId, std::int64_t> heads;
    const auto came = late.take();
    note_heads(came, heads);
    EXPECT_EQ(heads[pair.group], 43);
    EXPECT_TRUE(std::holds_alternative<protocol::Resumed>(came.back().payload));
}

/// Many who ask and do not read.
struct Crowd : Pair {
    static constexpr std::size_t all_bytes_max = 200'000;
    static World::Options small_budget() {
        World::Options options;
        options.shard.queues_bytes_max = all_bytes_max;
        return options;
    }
    Crowd() : Pair(small_budget()) {
        for (int i = 0; i < 10; ++i) {
            peers.push_back(&world.sign_in(world.another_device(bob)));
            peers.back()->reads = false;
        }
    }
    void ask_for_pages() {
        send(30, std::string(5'000, 'x'));
        for (Peer* peer : peers) {
            for (int i = 0; i < 8; ++i)
                peer->ask(Changes{.stream = group, .after = 0});
        }
        world.settle();
    }
    void read_all() {
        for (Peer* peer : peers)
            peer->reads = true;
        world.settle();
    }
    std::vector<Peer*> peers;
};

TEST(Crowd, OfThoseWhoAskForPagesHoldsNoMoreThanItMay) {
    Crowd crowd;
    crowd.ask_for_pages();
    EXPECT_LE(crowd.world.shard().queued_bytes(), Crowd::all_bytes_max);
    EXPECT_GT(crowd.world.shard().queued_bytes(), Crowd::all_bytes_max / 2);
    crowd.read_all();
    for (Peer* peer : crowd.peers)
        EXPECT_EQ(peer->take_all<ChangesOk>().size(), 8u) << "whoever reads gets everything";
    EXPECT_EQ(crowd.world.shard().queued_bytes(), 0u);
}

TEST(Crowd, ThatAsksForPagesKeepsNobodyFromReadingAPage) {
    Crowd crowd;
    crowd.ask_for_pages();
    for (int i = 0; i < 8; ++i)
        crowd.reader.ask(Changes{.stream = crowd.group, .after = 0});
    crowd.world.settle();
    EXPECT_EQ(crowd.reader.take_all<ChangesOk>().size(), 8u);
}

TEST(Crowd, OfThoseWhoSendCommandsIsAskedToStop) {
    World::Options options;
    options.shard.queues_bytes_max = 60'000;
    Pair pair(options);
    std::vector<Peer*> peers;
    for (int i = 0; i < 10; ++i) {
        peers.push_back(&pair.world.sign_in(pair.world.another_device(pair.bob)));
        peers.back()->reads = false;
        for (int command = 0; command < 300; ++command) {
            peers.back()->ask(message(StreamId("c0000000001"), "x"));
            pair.world.settle();
        }
    }
    // To each as much as does not count as lagging, and what was under way.
    EXPECT_LE(pair.world.shard().queued_bytes(), 60'000u + 10u * 20'000u);
    for (Peer* peer : peers)
        EXPECT_FALSE(peer->closed) << "what it asks waits with its kernel";
    EXPECT_FALSE(peers.back()->takes_frames);
    for (Peer* peer : peers)
        peer->reads = true;
    pair.world.settle();
    for (Peer* peer : peers)
        EXPECT_EQ(peer->take_all<protocol::ErrorReply>().size(), 300u);
}

}  // namespace
}  // namespace parley::server::test
