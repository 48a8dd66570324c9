#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

namespace parley::server::test {
namespace {

using protocol::Closing;
using protocol::Resume;
using protocol::Resumed;

/// A token that a run of the server gave of which the store knows nothing.
SyncToken lost_token(const Store& store) {
    return {.epoch = store.epoch(),
            .life = store.life() ^ 1,
            .position = store.position(),
            .account_seq = 1,
            .states_as_of = 0,
            .states_below = 0};
}

std::string sealed(const World& world, const SyncToken& token, const Account& account) {
    return world.tokens.make_sync(token, *account_key(account.id.text()));
}

std::optional<Resumed> resumed(Peer& peer, const std::string& token) {
    peer.ask(Resume{.token = token});
    peer.world.settle();
    for (const auto& envelope : peer.take_all<Resumed>())
        return std::get<Resumed>(envelope.payload);
    return std::nullopt;
}

struct ThreePeople {
    World world{World::Options{.shards = 2}};
    Account ada = world.person("ada");
    Account bob = world.person("bob");
    Account eve = world.person("eve");
    Peer& writer = world.online(ada, 0);
    Peer& reader = world.online(bob, 1);
    StreamId group = world.group(writer, {bob});
};

TEST(Epoch, BeginsOnceForAllWhoComeWithTokensOfALostHistory) {
    ThreePeople here;
    World& world = here.world;
    const auto before = world.store().epoch();
    const SyncToken lost = lost_token(world.store());
    Peer& first = world.sign_in(here.eve, 0);
    Peer& second = world.sign_in(world.another_device(here.bob), 1);
    here.reader.take();
    first.ask(Resume{.token = sealed(world, lost, here.eve)});
    second.ask(Resume{.token = sealed(world, lost, here.bob)});
    world.settle();
    EXPECT_NE(world.store().epoch(), before);
    for (Peer* peer : {&first, &second, &here.writer, &here.reader}) {
        EXPECT_EQ(peer->closed, CloseCode::going_away) << "which means: come back";
        const auto came = peer->take();
        ASSERT_FALSE(came.empty());
        const auto* closing = std::get_if<Closing>(&came.back().payload);
        ASSERT_NE(closing, nullptr);
        EXPECT_LT(closing->reconnect_after_ms.value_or(1'000), 10);
    }
    const auto epoch = world.store().epoch();
    Peer& back = world.sign_in(here.eve, 1);
    const auto answer = resumed(back, sealed(world, lost, here.eve));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->epoch, epoch);
    Peer& writes = world.online(here.ada);
    const auto accepted = writes.answer(writes.ask(message(here.group, "new")));
    EXPECT_GT(*accepted.seq, std::int64_t{1} << 40);
    // What is given out from here on is of this epoch.
    writes.ask(protocol::Ping{});
    world.settle();
    const auto pongs = writes.take_all<protocol::Pong>();
    ASSERT_EQ(pongs.size(), 1u);
    const auto token = *std::get<protocol::Pong>(pongs[0].payload).token;
    EXPECT_EQ(world.tokens.check_sync(token, *account_key(here.ada.id.text()))->epoch, epoch);
    EXPECT_EQ(world.store().epoch(), epoch);
}

TEST(Epoch, OfATokenIsThatOfWhatWasReadWhereTheShardIsBehind) {
    ThreePeople here;
    World& world = here.world;
    Peer& eve = world.sign_in(here.eve, 0);
    eve.ask(Resume{.token = sealed(world, lost_token(world.store()), here.eve)});
    while (world.batches.empty())
        ASSERT_TRUE(world.read() || world.tell_read() || world.write());
    const SharedEncodedBatch begun = world.batches.front();
    world.batches.pop_front();
    world.shard(0).handle_batch(begun, world.now);
    // The other shard goes on without having walked over the beginning.
    Peer& bob = world.online(world.another_device(here.bob), 1);
    ASSERT_FALSE(bob.closed);
    const auto pong = bob.answer(bob.ask(protocol::Ping{}));
    const auto& token = std::get<protocol::Pong>(pong.payload).token;
    ASSERT_TRUE(token);
    EXPECT_EQ(world.tokens.check_sync(*token, *account_key(here.bob.id.text()))->epoch,
              world.store().epoch());
}

TEST(Epoch, IsNotForThoseToBeginWhoMakeUpATokenOrHaveItFromOthers) {
    ThreePeople here;
    World& world = here.world;
    const auto epoch = world.store().epoch();
    const SyncToken lost = lost_token(world.store());
    const Tokens others(RootSecret{.bytes = {9}});
    for (const auto& token :
         {to_text(lost), to_text(lost) + ".AAAAAAAAAAAA", sealed(world, lost, here.bob),
          others.make_sync(lost, *account_key(here.eve.id.text())), std::string("t1.1.zzzz.zzzz.0.0")}) {
        Peer& eve = world.sign_in(here.eve);
        const auto answer = resumed(eve, token);
        ASSERT_TRUE(answer) << token;
        EXPECT_EQ(answer->epoch, epoch);
        EXPECT_FALSE(here.writer.closed);
        EXPECT_FALSE(here.reader.closed);
        eve.disconnect();
    }
    EXPECT_EQ(world.store().epoch(), epoch);
}

TEST(Epoch, ThatCannotBeginNowIsForLater) {
    ThreePeople here;
    World& world = here.world;
    const std::string token = sealed(world, lost_token(world.store()), here.eve);
    Peer& eve = world.sign_in(here.eve);
    world.writes.full = true;
    eve.ask(Resume{.token = token});
    world.settle();
    EXPECT_EQ(eve.closed, CloseCode::try_later);
    world.writes.full = false;
    Peer& again = world.sign_in(here.eve);
    again.ask(Resume{.token = token});
    world.settle();
    EXPECT_EQ(again.closed, CloseCode::going_away);
}

// Who does not wait for the answer asks for it all anew, and what the writer was told of him stands.
TEST(Epoch, BeginsOnceForASessionThatAsksAgainWhileItWaits) {
    for (const bool from_nothing : {false, true}) {
        ThreePeople here;
        World& world = here.world;
        const auto before = world.store().epoch();
        const std::string lost = sealed(world, lost_token(world.store()), here.eve);
        Peer& eve = world.sign_in(here.eve);
        eve.ask(Resume{.token = lost});
        ASSERT_TRUE(world.read());
        ASSERT_TRUE(world.tell_read());
        ASSERT_EQ(world.writes.queue.size(), 1u) << "the writer is to begin an epoch";
        eve.ask(from_nothing ? Resume{} : Resume{.token = lost});
        ASSERT_TRUE(world.read()) << "what was asked last is read for";
        ASSERT_TRUE(world.tell_read());
        EXPECT_FALSE(eve.closed);
        EXPECT_EQ(eve.take_all<Resumed>().size(), from_nothing ? 1u : 0u);
        world.settle();
        EXPECT_NE(world.store().epoch(), before);
        EXPECT_EQ(eve.closed, CloseCode::going_away) << "and comes back, whatever was asked last";
        const auto epoch = world.store().epoch();
        Peer& back = world.sign_in(here.eve);
        const auto answer = resumed(back, lost);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->epoch, epoch);
        EXPECT_EQ(world.store().epoch(), epoch) << "the token was dealt with";
    }
}

TEST(Epoch, EndsASessionThatWasReadForBeforeItBegan) {
    ThreePeople here;
    World& world = here.world;
    Peer& slow = world.sign_in(world.another_device(here.ada));
    Peer& eve = world.sign_in(here.eve, 1);
    slow.ask(Resume{});
    eve.ask(Resume{.token = sealed(world, lost_token(world.store()), here.eve)});
    ASSERT_TRUE(world.read());
    ASSERT_TRUE(world.read());
    ASSERT_EQ(world.reads.finished.size(), 2u);
    // The first is told of what was read for it when the epoch has begun.
    std::swap(world.reads.finished[0], world.reads.finished[1]);
    world.settle();
    EXPECT_TRUE(slow.take_all<Resumed>().empty());
    EXPECT_EQ(slow.closed, CloseCode::going_away);
    EXPECT_EQ(eve.closed, CloseCode::going_away);
}

}  // namespace
}  // namespace parley::server::test
