#include "tests/unit/server/api/pair.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace parley::server::test {
namespace {

using protocol::ConversationState;
using protocol::Pong;
using protocol::Resumed;

/// A reader that stands still while so much passes that its queue overflows.
struct Slow : Pair {
    Slow() : Pair(small_queue()) { reader.reads = false; }
    static World::Options small_queue() {
        World::Options options;
        options.shard.session_queue_bytes_max = 20'000;
        return options;
    }
    void overflow() { send(50, std::string(1'000, 'x')); }
    void read_again() {
        reader.reads = true;
        world.settle();
    }
};

TEST(SlowReader, FallsBackToResumingAndIsLiveAgain) {
    Slow slow;
    slow.overflow();
    EXPECT_EQ(slow.world.shard_metrics.front()->resumes_fallen_back.value(), 1);
    EXPECT_LE(slow.world.shard().queued_bytes(), 20'000u);
    EXPECT_FALSE(slow.reader.closed);
    slow.read_again();
    const auto came = slow.reader.take();
    EXPECT_TRUE(std::holds_alternative<Resumed>(came.back().payload));
    std::map<StreamId, std::int64_t> heads;
    note_heads(came, heads);
    EXPECT_EQ(heads[slow.group], 53);
    slow.send(1, "live again");
    EXPECT_EQ(texts_of(slow.reader.take()), std::vector<std::string>{"live again"});
}

TEST(SlowReader, WhoNeverReadsCostsNoReadsAndHoldsNothing) {
    Slow slow;
    slow.overflow();
    const std::size_t reads = slow.world.reads.count;
    slow.overflow();
    slow.overflow();
    EXPECT_EQ(slow.world.reads.count, reads);
    EXPECT_EQ(slow.world.shard().queued_bytes(), 0u);
    EXPECT_EQ(slow.world.shard_metrics.front()->resumes_fallen_back.value(), 1);
}

TEST(SlowReader, KeepsItsAnswers) {
    Slow slow;
    const Uuid mine = slow.reader.ask(message(slow.group, "my own"));
    slow.world.settle();
    slow.overflow();
    slow.read_again();
    bool answered = false;
    for (const auto& envelope : slow.reader.take())
        answered = answered || envelope.re == mine;
    EXPECT_TRUE(answered);
}

TEST(SlowReader, GetsNoTokenThatCoversWhatWasDropped) {
    Slow slow;
    slow.send(1, "with the kernel");
    slow.send(3, "queued");
    const Uuid ping = slow.reader.ask(protocol::Ping{});
    slow.overflow();
    slow.read_again();
    const auto came = slow.reader.take();
    EXPECT_EQ(texts_of(came), std::vector<std::string>{"with the kernel"}) << "the rest was dropped";
    for (const auto& envelope : came) {
        if (envelope.re == ping) {
            EXPECT_FALSE(std::get<Pong>(envelope.payload).token);
        }
    }
}

TEST(SlowReader, ResumesFromATokenThatCoversWhatWasSent) {
    Slow slow;
    slow.reader.reads = true;
    slow.world.settle();
    slow.send(1, "seen");
    EXPECT_EQ(texts_of(slow.reader.take()).size(), 1u);
    slow.reader.reads = false;
    slow.send(1, "in the kernel");
    slow.overflow();
    slow.read_again();
    const auto came = slow.reader.take();
    // One conversation moved, so one state comes, and nothing that did not move.
    std::size_t states = 0;
    for (const auto& envelope : came)
        states += std::holds_alternative<ConversationState>(envelope.payload) ? 1 : 0;
    EXPECT_EQ(states, 1u);
    EXPECT_EQ(texts_of(came), std::vector<std::string>{"in the kernel"});
}

TEST(SlowReader, IsNotPaidForByOthers) {
    World::Options options;
    options.shard.queues_bytes_max = 30'000;
    Pair pair(options);
    Peer& other = pair.world.online(pair.world.another_device(pair.bob));
    pair.reader.reads = false;
    pair.send(60, std::string(1'000, 'x'));
    EXPECT_EQ(pair.world.shard_metrics.front()->resumes_fallen_back.value(), 1);
    EXPECT_LE(pair.world.shard().queued_bytes(), 32'000u);
    EXPECT_EQ(texts_of(other.take()).size(), 60u);
}

TEST(SlowReader, WhoAsksAndNeverReadsAnswersIsSentAway) {
    Slow slow;
    for (int i = 0; i < 400 && !slow.reader.closed; ++i) {
        slow.reader.ask(message(StreamId("c0000000001"), "x"));
        slow.world.settle();
    }
    EXPECT_EQ(slow.reader.closed, CloseCode::try_later);
    EXPECT_EQ(slow.world.shard().queued_bytes(), 0u);
}

TEST(SlowReader, HasItsReadsDoneAsItTakesTheAnswers) {
    Slow slow;
    slow.overflow();
    slow.read_again();
    slow.reader.take();
    Peer& reader = slow.world.sign_in(slow.bob);
    reader.reads = false;
    for (int i = 0; i < 20; ++i)
        reader.ask(protocol::Changes{.stream = slow.group, .after = 0});
    slow.world.settle();
    EXPECT_FALSE(reader.closed);
    EXPECT_LE(slow.world.shard().queued_bytes(), 120'000u);
    reader.reads = true;
    slow.world.settle();
    EXPECT_EQ(reader.take_all<protocol::ChangesOk>().size(), 20u);
}

}  // namespace
}  // namespace parley::server::test
