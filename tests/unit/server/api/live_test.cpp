#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace parley::server::test {
namespace {

using protocol::MessageAccepted;
using protocol::MessageNew;

TEST(Live, SenderGetsAcceptedAndEverybodyElseTheMessage) {
    World world;
    const Account ada = world.person("ada");
    const Account bob = world.person("bob");
    Peer& desk = world.online(ada);
    Peer& phone = world.online(world.another_device(ada));
    Peer& other = world.online(bob, 0, protocol::Encoding::cbor);
    const StreamId group = world.group(desk, {bob});
    world.settle();
    phone.take();
    other.take();

    const Uuid id = desk.ask(message(group, "hello"));
    world.settle();
    const auto answers = desk.take();
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<MessageAccepted>(answers.front().payload));
    EXPECT_EQ(answers.front().re, id);
    EXPECT_EQ(answers.front().stream, group);
    for (Peer* peer : {&phone, &other}) {
        const auto came = peer->take();
        ASSERT_EQ(came.size(), 1u);
        EXPECT_EQ(came.front().id, id);
        EXPECT_EQ(came.front().seq, answers.front().seq);
        EXPECT_EQ(came.front().timestamp, answers.front().timestamp);
        EXPECT_EQ(std::get<MessageNew>(came.front().payload).text, "hello");
    }
}

TEST(Live, ANewNameComesToWhoeverIsInAConversationWithOne) {
    World::Options options;
    options.shards = 2;
    World world(options);
    const Account ada = world.person("ada");
    const Account bob = world.person("bob");
    Peer& writer = world.online(ada, 1);
    Peer& reader = world.online(bob, 1);
    const StreamId group = world.group(writer, {bob});
    world.settle();
    reader.take();
    writer.ask(protocol::ProfileSet{.name = "Lovelace"});
    world.settle();
    world.pass(seconds(1));
    world.settle();
    const auto rows = reader.take_all<protocol::MemberChanged>();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows.front().stream, group);
    EXPECT_EQ(std::get<protocol::MemberChanged>(rows.front().payload).profile.name, "Lovelace");
}

TEST(Live, ReachesAllShardsInOrder) {
    World::Options options;
    options.shards = 3;
    World world(options);
    const Account ada = world.person("ada");
    const Account bob = world.person("bob");
    Peer& writer = world.online(ada, 0);
    Peer& reader = world.online(bob, 2);
    const StreamId group = world.group(writer, {bob});
    world.settle();
    reader.take();
    std::vector<std::string> sent;
    for (int i = 0; i < 20; ++i) {
        sent.push_back(std::to_string(i));
        writer.ask(message(group, sent.back()));
        if (i % 7 == 0) world.settle();
    }
    world.settle();
    EXPECT_EQ(texts_of(reader.take()), sent);
}

TEST(Live, EncodesAChangeOnceAndCopiesItForNoSession) {
    World::Options options;
    options.shards = 2;
    World world(options);
    const Account ada = world.person("ada");
    Peer& writer = world.online(ada);
    std::vector<Account> members;
    std::vector<Peer*> readers;
    constexpr std::uint32_t readers_count = 24;
    for (std::uint32_t i = 0; i < readers_count; ++i) {
        members.push_back(world.person("member" + std::to_string(i)));
        const auto encoding = i % 3 == 0 ? protocol::Encoding::json : protocol::Encoding::cbor;
        readers.push_back(&world.online(members.back(), i % 2, encoding));
    }
    const StreamId group = world.group(writer, members);
    world.settle();
    for (Peer* reader : readers)
        reader->take();
    writer.ask(message(group, "to all"));
    ASSERT_TRUE(world.write());
    const SharedEncodedBatch batch = world.batches.front();
    ASSERT_TRUE(world.walk());
    std::map<protocol::Encoding, std::set<const std::string*>> texts;
    for (Peer* reader : readers) {
        for (const SharedText& piece : reader->last_pieces)
            if (piece->find("to all") != std::string::npos) texts[reader->encoding].insert(piece.get());
        EXPECT_EQ(texts_of(reader->take()), std::vector<std::string>{"to all"});
    }
    for (const auto encoding : {protocol::Encoding::json, protocol::Encoding::cbor}) {
        EXPECT_EQ(texts[encoding].size(), options.shards) << "a shard's sessions share it";
        for (std::size_t i = 0; i < batch->batch().effects.size(); ++i) {
            if (!std::holds_alternative<ConversationChange>(batch->batch().effects[i])) continue;
            EXPECT_EQ(&batch->text(i, encoding), &batch->text(i, encoding)) << "and the shards its making";
        }
    }
}

TEST(Live, WritesWhatQueuedUpInOneFrame) {
    World world;
    const Account ada = world.person("ada");
    const Account bob = world.person("bob");
    Peer& writer = world.online(ada);
    Peer& reader = world.online(bob);
    const StreamId group = world.group(writer, {bob});
    world.settle();
    reader.take();
    const std::size_t before = reader.frames.size();
    for (int i = 0; i < 10; ++i)
        writer.ask(message(group, "x"));
    ASSERT_TRUE(world.write());
    ASSERT_TRUE(world.walk());
    EXPECT_EQ(reader.frames.size(), before + 1);
    EXPECT_EQ(texts_of(reader.take()).size(), 10u);
}

TEST(Live, IsAnsweredTheSameWhenACommandIsRepeated) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    protocol::Envelope envelope;
    envelope.id = world.next_id();
    envelope.payload = message(group, "once");
    peer.send(envelope);
    world.settle();
    const auto first = peer.take();
    peer.send(envelope);
    world.settle();
    const auto second = peer.take();
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first, second);
    envelope.payload = message(group, "another");
    peer.send(envelope);
    EXPECT_EQ(peer.refusal(*envelope.id), ErrorCode::id_reused);
}

TEST(Live, OpensForWhoIsAddedAndClosesForWhoIsRemoved) {
    World world;
    const Account ada = world.person("ada");
    const Account bob = world.person("bob");
    Peer& owner = world.online(ada);
    Peer& guest = world.online(bob);
    const StreamId group = world.group(owner, {});
    owner.answer(owner.ask(message(group, "before")));
    EXPECT_TRUE(guest.take().empty());

    const protocol::Target target{.stream = group};
    owner.answer(owner.ask(protocol::MemberAdd{.target = target, .accounts = {bob.id}}));
    owner.answer(owner.ask(message(group, "while")));
    const auto came = guest.take();
    ASSERT_FALSE(came.empty());
    EXPECT_TRUE(std::holds_alternative<protocol::Joined>(came.front().payload));
    EXPECT_EQ(texts_of(came), std::vector<std::string>{"while"});

    owner.answer(owner.ask(protocol::MemberRemove{.target = target, .account = bob.id}));
    owner.answer(owner.ask(message(group, "after")));
    const auto last = guest.take();
    ASSERT_EQ(last.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<protocol::Left>(last.front().payload));
    EXPECT_EQ(guest.refusal(guest.ask(message(group, "still here?"))), ErrorCode::conversation_not_member);
    EXPECT_EQ(guest.refusal(guest.ask(protocol::Changes{.stream = group})),
              ErrorCode::conversation_not_member);
}

TEST(Live, TellsTheOthersOfSmallConversationsHowFarOneGot) {
    World world;
    const Account ada = world.person("ada");
    const Account bob = world.person("bob");
    Peer& writer = world.online(ada);
    Peer& reader = world.online(bob);
    const StreamId group = world.group(writer, {bob});
    const auto seq = *writer.answer(writer.ask(message(group, "x"))).seq;
    world.settle();
    writer.take();
    reader.take();

    reader.ask(
        protocol::Ack{.streams = {{.stream = group, .seq = seq}, {.stream = StreamId("c1"), .seq = 5}}});
    EXPECT_TRUE(world.writes.queue.empty()) << "acks are collected";
    world.pass(seconds(1));
    const auto delivered = writer.take_all<protocol::Receipt>();
    ASSERT_EQ(delivered.size(), 1u);
    EXPECT_EQ(delivered.front().stream, group);
    EXPECT_EQ(std::get<protocol::Receipt>(delivered.front().payload),
              (protocol::Receipt{.account = bob.id, .delivered = seq, .read = 1}));
    EXPECT_TRUE(reader.take_all<protocol::Receipt>().empty());

    reader.answer(reader.ask(protocol::Read{.target = {.stream = group}, .upto = seq}));
    const auto read = writer.take_all<protocol::Receipt>();
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(std::get<protocol::Receipt>(read.front().payload).read, seq);
}

TEST(Live, AnswersReadsWithPages) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    for (int i = 0; i < 5; ++i)
        peer.answer(peer.ask(message(group, std::to_string(i))));
    const auto changes = peer.answer(peer.ask(protocol::Changes{.stream = group, .after = 0}));
    EXPECT_EQ(changes.stream, group);
    EXPECT_EQ(std::get<protocol::ChangesOk>(changes.payload).rows.size(), 7u);
    const auto page = peer.answer(peer.ask(protocol::Page{.stream = group, .before = 0, .limit = 3}));
    EXPECT_EQ(std::get<protocol::PageOk>(page.payload).rows.size(), 3u);
    const auto rows =
        peer.answer(peer.ask(protocol::Rows{.stream = group, .kind = protocol::RowKind::member}));
    EXPECT_EQ(std::get<protocol::RowsOk>(rows.payload).rows.size(), 1u);
    const auto opened = peer.answer(peer.ask(protocol::Subscribe{.stream = group, .after = 5}));
    EXPECT_EQ(std::get<protocol::ChangesOk>(opened.payload).after, 5);
    EXPECT_TRUE(std::holds_alternative<protocol::Done>(
        peer.answer(peer.ask(protocol::Unsubscribe{.stream = group})).payload));
    const auto found = peer.answer(peer.ask(protocol::ProfileFind{.handles = {"ada", "nobody"}}));
    EXPECT_EQ(std::get<protocol::Profiles>(found.payload).profiles.size(), 1u);
}

TEST(Live, RefusesACommandThatFollowsARefusedOne) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    const Uuid wrong = peer.ask(message(StreamId("c0000000001"), "nowhere"));
    const Uuid next = peer.ask(message(group, "behind it"), wrong);
    const Uuid alone = peer.ask(message(group, "by itself"));
    world.settle();
    std::vector<std::pair<Uuid, ErrorCode>> refused;
    for (const auto& envelope : peer.take()) {
        if (const auto* error = std::get_if<protocol::ErrorReply>(&envelope.payload)) {
            refused.emplace_back(*envelope.re, error->code);
        } else {
            EXPECT_EQ(envelope.re, alone);
        }
    }
    const std::vector<std::pair<Uuid, ErrorCode>> expected{{wrong, ErrorCode::conversation_not_member},
                                                           {next, ErrorCode::follows_refused}};
    EXPECT_EQ(refused, expected);
}

}  // namespace
}  // namespace parley::server::test
