// Who is typing, from one session to those of others who look.

#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {
namespace {

using protocol::TypingKind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Ada types in a group with Bob and Cleo, who are live; Bob looks at it, on a shard of his own.
class Typing : public testing::Test {
  protected:
    Typing() : world({.shards = 2}) {
        ada = world.person("ada");
        bob = world.person("bob");
        cleo = world.person("cleo");
        typist = &world.online(ada);
        group = world.group(*typist, {bob, cleo});
        looking = &world.online(bob, 1);
        away = &world.online(cleo);
        look(*looking, {group});
        world.settle();
        forget();
    }

    void forget() {
        for (Peer* peer : {typist, looking, away})
            peer->take();
    }
    static void look(Peer& peer, std::vector<StreamId> streams) {
        peer.ask(protocol::Look{.streams = std::move(streams)});
    }
    void type(std::optional<TypingKind> kind = std::nullopt) {
        typist->ask(protocol::Typing{.stream = group, .kind = kind});
        world.settle();
    }
    static std::vector<TypingKind> heard(Peer& peer) {
        std::vector<TypingKind> kinds;
        for (const auto& envelope : peer.take_all<protocol::TypingChanged>())
            kinds.push_back(std::get<protocol::TypingChanged>(envelope.payload).kind);
        return kinds;
    }
    void wait() { world.pass(milliseconds(limits::typing_ms_min)); }

    World world;
    Account ada;
    Account bob;
    Account cleo;
    Peer* typist = nullptr;
    Peer* looking = nullptr;
    Peer* away = nullptr;
    StreamId group;
};

TEST_F(Typing, IsToldToThoseWhoLook) {
    type();
    const auto came = looking->take();
    ASSERT_THAT(came, SizeIs(1));
    EXPECT_EQ(came[0].stream, group);
    EXPECT_FALSE(came[0].seq);
    const auto& changed = std::get<protocol::TypingChanged>(came[0].payload);
    EXPECT_EQ(changed.account, ada.id);
    EXPECT_EQ(changed.kind, TypingKind::text);
    EXPECT_THAT(away->take(), IsEmpty());
    EXPECT_THAT(typist->take(), IsEmpty()) << "it is not answered";
    EXPECT_TRUE(world.writes.queue.empty());
}

TEST_F(Typing, IsToldToNobodyWhoLooksElsewhere) {
    look(*looking, {});
    type();
    EXPECT_THAT(looking->take(), IsEmpty());
}

TEST_F(Typing, IsToldToOtherDevicesOfNobodyWhoTypes) {
    Peer& second = world.online(world.another_device(ada), 1);
    look(second, {group});
    world.settle();
    second.take();
    type();
    EXPECT_THAT(heard(second), IsEmpty());
}

TEST_F(Typing, IsPassedOnThreeTimesASecondAtMost) {
    type();
    world.pass(milliseconds(limits::typing_ms_min - 1));
    type();
    EXPECT_THAT(heard(*looking), SizeIs(1));
    world.pass(milliseconds(1));
    type(TypingKind::voice);
    EXPECT_THAT(heard(*looking), ElementsAre(TypingKind::voice));
}

TEST_F(Typing, ThatItStoppedIsToldOnceHoweverSoon) {
    type();
    type(TypingKind::stopped);
    type(TypingKind::stopped);
    EXPECT_THAT(heard(*looking), ElementsAre(TypingKind::text, TypingKind::stopped));
}

TEST_F(Typing, OfWhoIsOutIsToldToNobody) {
    looking->answer(looking->ask(protocol::ConversationLeave{.target = {.stream = group}}));
    forget();
    type();
    EXPECT_THAT(heard(*looking), IsEmpty()) << "he looks, and is out";
    away->ask(protocol::Look{.streams = {group}});
    looking->ask(protocol::Typing{.stream = group, .kind = std::nullopt});
    looking->ask(protocol::Typing{.stream = StreamId("c9"), .kind = std::nullopt});
    looking->ask(protocol::Typing{.stream = StreamId(ada.id.text()), .kind = std::nullopt});
    world.settle();
    EXPECT_THAT(heard(*away), IsEmpty()) << "he types, and is out";
    EXPECT_FALSE(looking->closed);
}

TEST_F(Typing, IsNotTellingAShardThatMayNotKnowWhoIsOut) {
    // Bob is removed; the shard of the others has walked that, and types on.
    typist->ask(protocol::MemberRemove{.target = {.stream = group}, .account = bob.id});
    ASSERT_TRUE(world.write());
    world.shard(0).handle_batch(world.batches.front(), world.now);
    typist->ask(protocol::Typing{.stream = group, .kind = std::nullopt});
    world.shard(1).handle_typed({.conversation = *conversation_key(group.text()),
                                 .account = *account_key(ada.id.text()),
                                 .kind = TypingKind::text,
                                 .position = world.shard(0).walked()},
                                world.now);
    EXPECT_THAT(heard(*looking), IsEmpty());
}

TEST_F(Typing, IsLostOnWhoDoesNotRead) {
    looking->reads = false;
    const std::string long_text(8'000, 'x');
    for (int i = 0; i < 4; ++i) {
        typist->ask(message(group, long_text));
        world.settle();
    }
    const auto queued = world.shard(1).queued_bytes();
    ASSERT_GT(queued, 16'384u) << "behind the frame that is with the kernel";
    for (int i = 0; i < 50; ++i) {
        type();
        wait();
    }
    EXPECT_FALSE(looking->closed);
    EXPECT_EQ(world.shard(1).queued_bytes(), queued);
}

TEST_F(Typing, IsToldToNobodyWhereACrowdLooks) {
    std::vector<Account> people;
    for (int i = 0; i < 11; ++i)
        people.push_back(world.person("p" + std::to_string(i)));
    const StreamId crowded = world.group(*typist, people);
    std::vector<Peer*> crowd;
    for (const Account& person : people) {
        for (int i = 0; i < 19; ++i) {
            Peer& peer = world.online(i == 0 ? person : world.another_device(person), 1);
            look(peer, {crowded});
            crowd.push_back(&peer);
        }
    }
    ASSERT_GT(crowd.size(), std::size_t{limits::typing_hearers_max});
    const auto told = [&] {
        world.pass(seconds(1));
        for (Peer* peer : crowd)
            peer->take();
        typist->ask(protocol::Typing{.stream = crowded, .kind = std::nullopt});
        world.settle();
        std::size_t count = 0;
        for (Peer* peer : crowd)
            count += heard(*peer).size();
        return count;
    };
    EXPECT_EQ(told(), 0u);
    while (crowd.size() > std::size_t{limits::typing_hearers_max}) {
        look(*crowd.back(), {});
        crowd.pop_back();
    }
    EXPECT_EQ(told(), crowd.size());
}

TEST_F(Typing, IsToldToWhoHasSubscribedWithoutAWord) {
    Peer& simple = world.sign_in(world.another_device(cleo));
    simple.answer(simple.ask(protocol::Subscribe{.stream = group, .after = 0}));
    type();
    EXPECT_THAT(heard(simple), SizeIs(1));
}

TEST_F(Typing, BeforeAResumeIsNotListenedTo) {
    Peer& early = world.sign_in(world.another_device(cleo));
    early.ask(protocol::Typing{.stream = group, .kind = std::nullopt});
    world.settle();
    EXPECT_THAT(heard(*looking), IsEmpty());
    EXPECT_FALSE(early.closed);
}

TEST_F(Typing, ByHttpIsTheSame) {
    const std::string path = "/v1/conversations/" + group.text() + "/typing";
    EXPECT_EQ(world.call("POST", path, R"({"kind":"voice"})", ada.access).status, 204);
    world.settle();
    EXPECT_THAT(heard(*looking), ElementsAre(TypingKind::voice));
    const Account stranger = world.person("dora");
    EXPECT_EQ(world.call("POST", path, "{}", stranger.access).status, 404);
    EXPECT_EQ(world.call("POST", path, R"({"kind":"sleeping"})", ada.access).status, 422);
    EXPECT_EQ(world.call("POST", path, "{}").status, 401);
    world.settle();
    EXPECT_THAT(heard(*looking), IsEmpty());
}

}  // namespace
}  // namespace parley::server::test
