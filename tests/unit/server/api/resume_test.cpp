#include "tests/unit/server/api/pair.hpp"

#include <gtest/gtest.h>

#include <map>

namespace parley::server::test {
namespace {

using protocol::ConversationState;
using protocol::Pong;
using protocol::Resume;
using protocol::Resumed;
using protocol::Sync;

std::optional<std::string> last_token(const std::vector<protocol::Envelope>& came) {
    std::optional<std::string> token;
    for (const auto& envelope : came) {
        if (const auto* sync = std::get_if<Sync>(&envelope.payload)) token = sync->token;
        if (const auto* resumed = std::get_if<Resumed>(&envelope.payload)) token = resumed->token;
        if (const auto* pong = std::get_if<Pong>(&envelope.payload)) token = pong->token;
    }
    return token;
}

TEST(Resume, WithATokenBringsOnlyWhatMovedSince) {
    Pair pair;
    pair.reader.ask(protocol::Ping{});
    pair.world.settle();
    const auto token = last_token(pair.reader.take());
    ASSERT_TRUE(token);
    pair.reader.disconnect();
    Peer& quiet = pair.world.sign_in(pair.bob);
    quiet.ask(Resume{.token = token});
    pair.world.settle();
    auto came = quiet.take();
    ASSERT_EQ(came.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<Resumed>(came.front().payload));
    quiet.disconnect();

    pair.send(3);
    Peer& back = pair.world.sign_in(pair.bob);
    back.ask(Resume{.token = token});
    pair.world.settle();
    came = back.take();
    ASSERT_EQ(came.size(), 2u);
    const auto& state = std::get<ConversationState>(came.front().payload);
    EXPECT_EQ(came.front().stream, pair.group);
    EXPECT_EQ(state.unread, 3);
    EXPECT_TRUE(std::holds_alternative<Resumed>(came.back().payload));
}

TEST(Resume, FillsItsFrames) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    for (int i = 0; i < 236; ++i)
        world.group(peer, {});
    Peer& fresh = world.online(world.another_device(ada));
    std::vector<std::size_t> states;
    for (const std::string& frame : fresh.frames) {
        std::size_t count = 0;
        const auto decoded = protocol::decode_frame(frame, fresh.encoding);
        ASSERT_TRUE(decoded);
        for (const protocol::Decoded& one : *decoded) {
            const auto* envelope = std::get_if<protocol::Envelope>(&one);
            if (envelope != nullptr && std::holds_alternative<ConversationState>(envelope->payload)) ++count;
        }
        if (count > 0) states.push_back(count);
    }
    std::size_t sum = 0;
    for (const std::size_t count : states)
        sum += count;
    EXPECT_EQ(sum, 236u);
    // A frame has at most 200 of everything, and the joinings stand before them: the first has some of both.
    EXPECT_LE(states.size(), 2u);
}

TEST(Resume, WithWhatIsNoTokenIsRefused) {
    World world;
    Peer& peer = world.sign_in(world.person("ada"));
    EXPECT_EQ(peer.refusal(peer.ask(Resume{.token = "nonsense"})), ErrorCode::invalid);
}

TEST(Resume, GoesOnWithTheLastTokenWhereItWasCutShort) {
    World world;
    const Account ada = world.person("ada");
    Peer& writer = world.online(ada);
    std::map<StreamId, std::int64_t> expected;
    for (int i = 0; i < 450; ++i)
        expected[world.group(writer, {}, "g" + std::to_string(i))] = 2;
    world.settle();
    note_heads(writer.take(), expected);

    std::map<StreamId, std::int64_t> heads;
    std::optional<std::string> token;
    const Account phone = world.another_device(ada);
    int connections = 0;
    for (bool done = false; !done && connections < 20; ++connections) {
        Peer& peer = world.sign_in(phone);
        peer.reads = false;  // only one part gets through
        peer.ask(Resume{.token = token});
        world.settle();
        const auto came = peer.take();
        note_heads(came, heads);
        token = last_token(came);
        for (const auto& envelope : came)
            done = done || std::holds_alternative<Resumed>(envelope.payload);
        peer.disconnect();
    }
    EXPECT_GT(connections, 2);
    for (const auto& [stream, head] : expected)
        EXPECT_GE(heads[stream], head) << stream.text();
}

TEST(Resume, SendsOnePartAtATimeToAPeerThatDoesNotRead) {
    World world;
    const Account ada = world.person("ada");
    Peer& writer = world.online(ada);
    for (int i = 0; i < 450; ++i)
        world.group(writer, {}, "g");
    Peer& peer = world.sign_in(world.another_device(ada));
    peer.reads = false;
    peer.ask(Resume{});
    world.settle();
    EXPECT_LE(world.shard().queued_bytes(), 65'536u);
    EXPECT_TRUE(world.reads.asked.empty());
    peer.reads = true;
    world.settle();
    EXPECT_EQ(peer.take_all<Resumed>().size(), 1u);
}

TEST(Resume, IsReadForOnceAtATimeHoweverOftenItIsAskedFor) {
    World world;
    Peer& peer = world.sign_in(world.person("ada"));
    for (int i = 0; i < 1'000; ++i) {
        peer.ask(Resume{});
        ASSERT_LE(world.reads.asked.size(), 1u) << "the readers' queue is everybody's";
    }
    world.settle();
    EXPECT_EQ(peer.take_all<Resumed>().size(), 1u) << "the last one is answered";
    EXPECT_FALSE(peer.closed);
}

TEST(Resume, IsToldWhatPassedBetweenTheReadAndTheShard) {
    Pair pair;
    Peer& back = pair.world.sign_in(pair.world.another_device(pair.bob));
    back.ask(Resume{});
    ASSERT_TRUE(pair.world.read()) << "the last part is read here …";
    pair.writer.ask(message(pair.group, "meanwhile"));
    ASSERT_TRUE(pair.world.write());
    ASSERT_TRUE(pair.world.walk()) << "… this is walked before the shard hears of it …";
    EXPECT_TRUE(texts_of(back.take()).empty());
    pair.writer.ask(message(pair.group, "afterwards"));
    pair.world.settle();
    const auto came = back.take();
    EXPECT_EQ(texts_of(came), (std::vector<std::string>{"meanwhile", "afterwards"}));
    EXPECT_TRUE(std::holds_alternative<Resumed>(std::find_if(came.begin(), came.end(), [](const auto& one) {
                                                    return std::holds_alternative<Resumed>(one.payload) ||
                                                           std::holds_alternative<protocol::MessageNew>(
                                                               one.payload);
                                                })->payload));
}

TEST(Resume, DoesNotRepeatWhatTheReadKnewBeforeTheShard) {
    Pair pair;
    Peer& back = pair.world.sign_in(pair.world.another_device(pair.bob));
    pair.writer.ask(message(pair.group, "committed, not walked"));
    ASSERT_TRUE(pair.world.write());
    back.ask(Resume{});
    ASSERT_TRUE(pair.world.read());
    ASSERT_TRUE(pair.world.tell_read());
    pair.world.settle();
    const auto came = back.take();
    EXPECT_TRUE(texts_of(came).empty());
    std::map<StreamId, std::int64_t> heads;
    note_heads(came, heads);
    EXPECT_EQ(heads[pair.group], 4);
    pair.send(1, "next");
    EXPECT_EQ(texts_of(back.take()), std::vector<std::string>{"next"});
}

TEST(Resume, ReadsAnotherPartWhereTooMuchPassedMeanwhile) {
    World::Options options;
    options.shard.replay_effects_max = 4;
    Pair pair(options);
    Peer& back = pair.world.sign_in(pair.world.another_device(pair.bob));
    back.ask(Resume{});
    ASSERT_TRUE(pair.world.read());
    for (int i = 0; i < 10; ++i) {
        pair.writer.ask(message(pair.group, "x"));
        ASSERT_TRUE(pair.world.write());
        ASSERT_TRUE(pair.world.walk());
    }
    ASSERT_TRUE(pair.world.tell_read());
    EXPECT_TRUE(back.take_all<Resumed>().empty());
    pair.world.settle();
    const auto came = back.take();
    std::map<StreamId, std::int64_t> heads;
    note_heads(came, heads);
    EXPECT_EQ(heads[pair.group], 13);
    EXPECT_TRUE(std::holds_alternative<Resumed>(came.back().payload));
}

TEST(Resume, AskedForAgainWhileOneIsUnderWayStartsAnew) {
    Pair pair;
    Peer& back = pair.world.sign_in(pair.world.another_device(pair.bob));
    back.ask(Resume{});
    ASSERT_TRUE(pair.world.read());
    back.ask(Resume{});
    pair.world.settle();
    EXPECT_EQ(back.take_all<Resumed>().size(), 1u);
    pair.send(1);
    EXPECT_EQ(texts_of(back.take()).size(), 1u);
}

TEST(Resume, IsCountedByHowItBeganAndHowItEnded) {
    Pair pair;
    const ShardMetrics& metrics = *pair.world.shard_metrics.front();
    const auto fresh = metrics.resumes_fresh.value();
    const auto finished = metrics.resumes_finished.value();
    Peer& first = pair.world.sign_in(pair.world.another_device(pair.bob));
    first.ask(Resume{});
    ASSERT_TRUE(pair.world.read());
    first.ask(Resume{});
    EXPECT_EQ(metrics.resumes_cut_short.value(), 1) << "by another one";
    pair.world.settle();
    const auto token = first.take_all<Resumed>();
    ASSERT_EQ(token.size(), 1u);
    Peer& second = pair.world.sign_in(pair.world.another_device(pair.bob));
    EXPECT_EQ(metrics.reconnects.value(), 0);
    second.ask(Resume{.token = std::get<Resumed>(token.front().payload).token});
    second.disconnect();
    EXPECT_EQ(metrics.reconnects.value(), 1);
    EXPECT_EQ(metrics.resumes_cut_short.value(), 2) << "by the end of the connection";
    pair.world.settle();
    first.disconnect();
    EXPECT_EQ(metrics.resumes_cut_short.value(), 2) << "one that is live is not cut short";
    EXPECT_EQ(metrics.resumes_fresh.value() - fresh, 2);
    EXPECT_EQ(metrics.resumes_continued.value(), 1);
    EXPECT_EQ(metrics.resumes_finished.value() - finished, 1);
}

TEST(Metrics, CountMessagesOutOncePerConnectionThatGetsThem) {
    Pair pair;
    Peer& another = pair.world.online(pair.world.another_device(pair.bob));
    const auto out = [&] {
        return pair.world.shard_metrics.front()->messages_out.value();
    };
    const auto before = out();
    pair.send(3);
    EXPECT_EQ(texts_of(another.take()).size(), 3u);
    EXPECT_EQ(out() - before, 6);
}

TEST(PongToken, IsAbsentBeforeAndDuringAResume) {
    Pair pair;
    Peer& peer = pair.world.sign_in(pair.world.another_device(pair.bob));
    const auto token_of = [&](const protocol::Envelope& envelope) {
        return std::get<Pong>(envelope.payload).token;
    };
    EXPECT_FALSE(token_of(peer.answer(peer.ask(protocol::Ping{}))));
    peer.ask(Resume{});
    const Uuid early = peer.ask(protocol::Ping{});
    pair.world.settle();
    for (const auto& envelope : peer.take()) {
        if (envelope.re == early) {
            EXPECT_FALSE(token_of(envelope));
        }
    }
    EXPECT_TRUE(token_of(peer.answer(peer.ask(protocol::Ping{}))));
}

}  // namespace
}  // namespace parley::server::test
