#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parley::server::test {
namespace {

using protocol::Encoding;

/// What a session holds of a frame at most.
constexpr std::size_t held_max = 256;

void add(std::string& frame, protocol::Payload payload, std::optional<Uuid> id, Encoding encoding) {
    protocol::Envelope envelope;
    envelope.id = id;
    envelope.payload = std::move(payload);
    std::string text;
    protocol::append_envelope(text, envelope, encoding);
    protocol::append_to_frame(frame, text, encoding);
}

/// Whose 64 messages nobody has decided yet: what reads waits behind them.
struct Busy {
    Busy() {
        for (int i = 0; i < 64; ++i)
            peer.ask(message(group, "x"));
    }
    /// One frame of so many requests that read.
    void read_in_one_frame(std::size_t count) {
        std::string frame;
        for (std::size_t i = 0; i < count; ++i) {
            asked.push_back(world.next_id());
            add(frame, protocol::Read{.target = {.stream = group}, .upto = 3}, asked.back(), peer.encoding);
        }
        peer.send_frame(frame);
    }

    World world;
    Peer& peer = world.online(world.person("ada"));
    StreamId group = world.group(peer, {});
    std::vector<Uuid> asked;
};

TEST(Held, IsAsMuchAsHasALimitAndAllOfItIsAnswered) {
    Busy busy;
    busy.read_in_one_frame(held_max);
    EXPECT_FALSE(busy.peer.takes_frames);
    EXPECT_GE(busy.world.shard().queued_bytes(), held_max * sizeof(protocol::Decoded)) << "it is counted";
    busy.world.settle();
    std::vector<Uuid> answered;
    for (const protocol::Envelope& envelope : busy.peer.take()) {
        EXPECT_FALSE(std::holds_alternative<protocol::ErrorReply>(envelope.payload));
        if (std::holds_alternative<protocol::ReadOk>(envelope.payload)) answered.push_back(*envelope.re);
    }
    EXPECT_EQ(answered, busy.asked);
    EXPECT_FALSE(busy.peer.closed);
    EXPECT_TRUE(busy.peer.takes_frames);
    EXPECT_EQ(busy.world.shard().queued_bytes(), 0u);
}

TEST(Held, AboveItsLimitEndsTheConnectionAndRefusesNothing) {
    Busy busy;
    busy.read_in_one_frame(held_max + 1);
    EXPECT_EQ(busy.peer.closed, CloseCode::try_later);
    for (const protocol::Envelope& envelope : busy.peer.take())
        EXPECT_FALSE(std::holds_alternative<protocol::ErrorReply>(envelope.payload));
    EXPECT_EQ(busy.world.shard().queued_bytes(), 0u);
    EXPECT_EQ(busy.world.shard().connections(), 0u);
}

TEST(Held, CanBeFilledAgainOnceItIsEmpty) {
    Busy busy;
    for (int round = 0; round < 3; ++round) {
        busy.read_in_one_frame(held_max);
        EXPECT_FALSE(busy.peer.takes_frames);
        busy.world.settle();
        EXPECT_TRUE(busy.peer.takes_frames);
        for (int i = 0; i < 64; ++i)
            busy.peer.ask(message(busy.group, "x"));
    }
    EXPECT_FALSE(busy.peer.closed);
}

TEST(Held, IsNoFloodOfTheSmallestThatAFrameHas) {
    World world;
    Peer& peer = world.online(world.person("ada"), 0, Encoding::cbor);
    const StreamId group = world.group(peer, {});
    std::string frame;
    for (int i = 0; i < 65; ++i)
        add(frame, protocol::Page{.stream = group, .before = 0}, world.next_id(), peer.encoding);
    std::string ping;
    add(ping, protocol::Ping{}, std::nullopt, peer.encoding);
    std::size_t pings = 0;
    for (; frame.size() + ping.size() <= std::size_t{limits::frame_bytes_max}; ++pings)
        frame += ping;
    EXPECT_GT(pings, 10'000u);
    peer.send_frame(frame);
    EXPECT_EQ(peer.closed, CloseCode::try_later);
}

TEST(Held, HasItsLimitBehindAnAuthUnderWayToo) {
    for (const std::size_t behind : {held_max, held_max + 1}) {
        World world;
        const Account ada = world.person("ada");
        Peer& peer = world.connect();
        std::string frame;
        add(frame, protocol::Auth{.token = ada.access, .client = "test"}, std::nullopt, peer.encoding);
        for (std::size_t i = 0; i < behind; ++i)
            add(frame, protocol::Ping{}, std::nullopt, peer.encoding);
        peer.send_frame(frame);
        world.settle();
        EXPECT_EQ(peer.closed.has_value(), behind > held_max);
        EXPECT_EQ(peer.take_all<protocol::AuthOk>().size(), behind > held_max ? 0u : 1u);
    }
}

/// Asked for more than may be unanswered, and takes no answers: the first one stands.
struct Stuck {
    explicit Stuck(Duration deaf_before = {}) {
        for (int i = 0; i < 6; ++i)
            peer.answer(peer.ask(message(group, std::string(8'000, 'x'))));
        peer.reads = false;
        peer.ask(protocol::Ping{});
        world.pass(deaf_before);
        for (int i = 0; i < 65; ++i)
            peer.ask(protocol::Page{.stream = group, .before = 0});
        world.settle();
        EXPECT_FALSE(peer.takes_frames);
    }
    void take_one() {
        EXPECT_TRUE(peer.writing);
        peer.writing = false;
        world.shard().handle_written(peer.key, world.now);
    }

    World world;
    Peer& peer = world.online(world.person("ada"));
    StreamId group = world.group(peer, {});
};

TEST(HeldBack, WhoTakesNothingForTwoHeartbeatsIsGone) {
    Stuck stuck;
    stuck.world.pass(seconds(49));
    EXPECT_FALSE(stuck.peer.closed);
    stuck.world.pass(seconds(1));
    EXPECT_EQ(stuck.peer.closed, CloseCode::going_away);
    EXPECT_EQ(stuck.world.shard().queued_bytes(), 0u);
}

TEST(HeldBack, WhoTakesWhatIsWrittenIsThere) {
    Stuck stuck;
    for (int i = 0; i < 4; ++i) {
        stuck.world.pass(seconds(40));
        ASSERT_FALSE(stuck.peer.closed) << i;
        ASSERT_FALSE(stuck.peer.takes_frames) << i;
        stuck.take_one();
    }
    stuck.world.pass(seconds(49));
    EXPECT_FALSE(stuck.peer.closed);
    stuck.world.pass(seconds(1));
    EXPECT_EQ(stuck.peer.closed, CloseCode::going_away);
}

TEST(HeldBack, WhoSentSomethingLastIsThereFromThenOn) {
    Stuck stuck(seconds(40));
    stuck.world.pass(seconds(49));
    EXPECT_FALSE(stuck.peer.closed);
    stuck.world.pass(seconds(1));
    EXPECT_EQ(stuck.peer.closed, CloseCode::going_away);
}

TEST(HeldBack, WhoReadsOnIsServedToTheEnd) {
    Stuck stuck;
    stuck.world.pass(seconds(49));
    stuck.peer.reads = true;
    stuck.world.settle();
    EXPECT_TRUE(stuck.peer.takes_frames);
    EXPECT_EQ(stuck.peer.take_all<protocol::PageOk>().size(), 65u);
    EXPECT_FALSE(stuck.peer.closed);
}

TEST(Heartbeat, KeepsAPeerThatReadsNothingForAWhile) {
    World world;
    Peer& peer = world.online(world.person("ada"));
    peer.reads = false;
    for (int i = 0; i < 6; ++i) {
        peer.ask(protocol::Ping{});
        world.pass(seconds(20));
        EXPECT_FALSE(peer.closed) << i;
    }
    EXPECT_TRUE(peer.writing) << "the first pong stands since the beginning";
}

TEST(Held, AResumeIsNotEndedByWhatWasDroppedBeforeIt) {
    World::Options options;
    options.shard.session_queue_bytes_max = 20'000;
    World world(options);
    const Account bob = world.person("bob");
    Peer& peer = world.online(world.person("ada"));
    Peer& writer = world.online(bob);
    const StreamId group = world.group(peer, {bob});
    world.settle();
    for (int i = 0; i < 64; ++i)
        peer.ask(message(group, "x"));
    std::string frame;
    add(frame, protocol::Read{.target = {.stream = group}, .upto = 3}, world.next_id(), peer.encoding);
    add(frame, protocol::Resume{}, world.next_id(), peer.encoding);
    peer.send_frame(frame);
    // All in one batch, and more than may wait: the same turn answers what was asked, and goes on with what
    // was held.
    for (int i = 0; i < 6; ++i)
        writer.ask(message(group, std::string(5'000, 'x')));
    peer.take();
    world.settle();
    EXPECT_FALSE(peer.closed);
    EXPECT_EQ(peer.take_all<protocol::Resumed>().size(), 1u);
}

}  // namespace
}  // namespace parley::server::test
