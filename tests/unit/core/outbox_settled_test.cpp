// What settles commands, and what is remembered of them.

#include "tests/unit/core/outbox_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using core::CommandState;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(Outbox, AMessageThatComesAsARowIsSettledByIt) {
    const auto said = say(1);
    auto row = Script::pushed("c1", 1, Script::said("text 0", "me"));
    row.id = said[0];
    script.give({row});
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    ASSERT_THAT(script.noticed<core::CommandSettled>(), SizeIs(1));
    EXPECT_EQ(script.noticed<core::CommandSettled>()[0].failure, std::nullopt);
    // The answer that was on its way as well changes nothing.
    script.accept(said[0], "c1", 1);
    EXPECT_THAT(script.texts("c1"), ElementsAre("text 0"));
    EXPECT_TRUE(script.view("c1").complete);
}

TEST_F(Outbox, WhatARowSettledIsUnderWayUntilItsAnswer) {
    const auto said = say(core::commands_in_flight_max + 1);
    auto row = Script::pushed("c1", 1, Script::said("text 0", "me"));
    row.id = said[0];
    script.give({row});
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(core::commands_in_flight_max));
    script.accept(said[0], "c1", 1);
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(core::commands_in_flight_max + 1));
}

TEST_F(Outbox, WhatAFailedCreationWasToHoldFailsWithIt) {
    const Uuid group = script.submit(protocol::ConversationCreate{"group", {}});
    const Uuid text = script.submit(protocol::MessageSend{to_made_by(group), "in it", std::nullopt, {}});
    const Uuid elsewhere = script.say("c1", "elsewhere");
    EXPECT_EQ(script.sent_of<protocol::MessageSend>()[0].follows, group);
    script.refuse(group, ErrorCode::limit);
    EXPECT_EQ(state_of(group), CommandState::failed);
    EXPECT_EQ(state_of(text), CommandState::failed);
    EXPECT_EQ(state_of(elsewhere), CommandState::in_flight);
    // The server says the same about it, later; that changes nothing.
    script.refuse(text, ErrorCode::follows_refused);
    EXPECT_EQ(state_of(text), CommandState::failed);
    EXPECT_FALSE(
        script.core().submit(protocol::MessageSend{to_made_by(group), "more", {}, {}}, script.now()));

    EXPECT_FALSE(script.core().retry(text, script.now()));
    const auto group_again = script.core().retry(group, script.now());
    ASSERT_TRUE(group_again);
    script.forget();
    ASSERT_TRUE(script.core().retry(text, script.now()));
    script.take();
    const auto sent = script.sent_of<protocol::MessageSend>();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(std::get<protocol::MessageSend>(sent[0].payload).target.made_by, *group_again);
}

TEST_F(Outbox, WhatWaitsForAPersonFollowsIntoTheConversationThatBecomesKnown) {
    const Uuid first =
        script.submit(protocol::MessageSend{to_peer(AccountId("you")), "one", std::nullopt, {}});
    const Uuid second =
        script.submit(protocol::MessageSend{to_peer(AccountId("you")), "two", std::nullopt, {}});
    auto pending = script.core().conversations(0, 10);
    ASSERT_TRUE(pending);
    EXPECT_TRUE(pending->front().pending);
    EXPECT_EQ(pending->front().peer, AccountId("you"));
    protocol::Summary summary{protocol::ConversationKind::direct, std::nullopt, Script::member("you").profile,
                              2, protocol::Role::owner};
    script.give({Script::pushed("me", 2, protocol::Joined{StreamId("d1"), 1, summary})});
    const Uuid third = script.say("d1", "three");
    EXPECT_EQ(script.sent_of<protocol::MessageSend>().back().follows, second);
    EXPECT_THAT(script.texts("d1"), ElementsAre("one", "two", "three"));
    script.accept(first, "d1", 4);
    EXPECT_THAT(*script.core().conversations(0, 10), SizeIs(2));
    (void)third;
}

/// A creation and a message to what it makes, both under way; the server's row of the group comes, "new", and
/// not the answer. Then the connection is lost, and something is said to the group itself.
struct MadeWithoutAnAnswer {
    explicit MadeWithoutAnAnswer(Script& script)
        : group(script.submit(protocol::ConversationCreate{"title", {}})),
          to_creation(script.submit(protocol::MessageSend{to_made_by(group), "one", std::nullopt, {}})) {
        script.give({Script::joined("new", 2)});
        script.disconnect();
        to_group = script.say("new", "two");
        script.reconnect();
        script.resumed("1:2");
    }
    Uuid group, to_creation, to_group;
};

TEST_F(Outbox, WhatIsSaidToAGroupGoesBehindWhatIsSaidToItsCreation) {
    const MadeWithoutAnAnswer made(script);
    auto sent = script.sent_of<protocol::MessageSend>();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].id, made.to_creation);
    protocol::Envelope created;
    created.re = made.group;
    created.stream = StreamId("new");
    created.seq = 1;
    created.payload = protocol::ConversationCreated{};
    script.give({created});
    sent = script.sent_of<protocol::MessageSend>();
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_EQ(sent[1].id, made.to_group);
    EXPECT_EQ(sent[1].follows, made.to_creation);
    // Nor does it overtake it where that must wait.
    script.refuse(made.to_creation, ErrorCode::rate_limited, 60'000);
    script.refuse(made.to_group, ErrorCode::follows_refused);
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(2));
    EXPECT_THAT(script.texts("new"), ElementsAre("one", "two"));
}

// It was transferred on another device before this one heard that it was made.
TEST_F(Outbox, WhatIsSaidToAGroupGoesBehindItsCreationAlsoWhereOneOwnsItNoMore) {
    script.submit(protocol::ConversationCreate{"title", {}});
    script.give({Script::joined("new", 2)});
    auto own = Script::member("me");
    own.role = protocol::Role::admin;
    script.give({Script::pushed("new", 1, own)});
    script.disconnect();
    script.say("new", "too early");
    script.reconnect();
    script.resumed("1:2");
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), IsEmpty());
}

TEST_F(Outbox, WhatIsSaidToAGroupWaitsForNoCreationThatFailed) {
    const MadeWithoutAnAnswer made(script);
    script.refuse(made.group, ErrorCode::limit);
    const auto sent = script.sent_of<protocol::MessageSend>();
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent.back().id, made.to_group);
    EXPECT_EQ(state_of(made.to_creation), CommandState::failed);
}

TEST_F(Outbox, WhatIsSaidToAnOlderGroupWaitsForNoCreation) {
    script.disconnect();
    const Uuid older = script.say("c1", "before");
    script.submit(protocol::ConversationCreate{"title", {}});
    const Uuid later = script.say("c1", "after");
    script.reconnect();
    const auto sent = script.sent_of<protocol::MessageSend>();
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_EQ(sent[0].id, older);
    EXPECT_EQ(sent[1].id, later);
}

TEST_F(Outbox, AnAnswerBringsItsReply) {
    const Uuid invite = script.submit(protocol::InviteCreate{});
    script.give(protocol::Invite{"code", WallTime{5}}, invite);
    const auto settled = script.noticed<core::CommandSettled>();
    ASSERT_THAT(settled, SizeIs(1));
    ASSERT_TRUE(settled[0].reply);
    EXPECT_EQ(std::get<protocol::Invite>(*settled[0].reply).code, "code");
}

TEST_F(Outbox, OfCommandsThatNothingNamesOnlyTheLatestAreRemembered) {
    const auto count = [&](const std::string& which) {
        return script.database().number("SELECT count(*) FROM settled WHERE " + which);
    };
    const Uuid message = script.say("c1", "kept");
    script.accept(message, "c1", 1);
    ASSERT_EQ(count("passing = 0"), 1);
    ASSERT_TRUE(script.database().execute(
        "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 1500)"
        " INSERT INTO settled (id, stream, at, passing) SELECT CAST('id ' || n AS BLOB), '', n, 1"
        " FROM counted"));
    const Uuid query = script.submit(protocol::ProfileFind{.handles = {"bob"}});
    script.give(protocol::Profiles{}, query);
    EXPECT_EQ(count("passing = 1"), limits::door_list_max);
    EXPECT_EQ(count("passing = 1 AND at <= 501"), 0);
    const std::vector<Uuid> both{message, query};
    const auto settled = script.core().settled(both);
    ASSERT_TRUE(settled);
    ASSERT_THAT(*settled, SizeIs(2));
    EXPECT_FALSE(settled->at(0).failure);
    EXPECT_FALSE(settled->at(1).failure);
}

TEST_F(Outbox, TheLatestCommandIsRememberedWhereTheClockWasSetBack) {
    ASSERT_TRUE(script.database().execute(
        "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 1500)"
        " INSERT INTO settled (id, stream, at, passing) SELECT CAST('id ' || n AS BLOB), '',"
        " 4000000000000 + n, 1 FROM counted"));
    std::vector<Uuid> latest;
    for (int i = 0; i < 3; ++i) {
        latest.push_back(script.submit(protocol::ProfileFind{.handles = {"bob"}}));
        script.give(protocol::Profiles{}, latest.back());
    }
    const auto settled = script.core().settled(latest);
    ASSERT_TRUE(settled);
    ASSERT_THAT(*settled, SizeIs(3));
    for (const auto& one : *settled)
        EXPECT_FALSE(one.failure);
    EXPECT_EQ(script.database().number("SELECT count(*) FROM settled WHERE passing = 1"),
              limits::door_list_max);
}

TEST_F(Outbox, WhatIsNotCommittedIsNeverSent) {
    script.database().fail_at(script.database().calls() + 5);
    EXPECT_FALSE(
        script.core().submit(protocol::MessageSend{to_stream(StreamId("c1")), "lost", {}, {}}, script.now()));
    script.take();
    EXPECT_EQ(script.core().connection(), core::Connection::broken);
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), IsEmpty());
}

TEST(Questions, AreNotWhatAPersonWaitsFor) {
    Script script;
    script.go_live();
    const Uuid question = script.submit(protocol::ProfileFind{.handles = {"bob"}});
    const Uuid group = script.submit(protocol::ConversationCreate{"group", {AccountId("you")}});
    EXPECT_EQ(script.core().outbox_count().waiting, 1);
    ASSERT_EQ(script.core().outbox()->size(), 1u);
    EXPECT_EQ(script.core().outbox()->front().id, group);
    script.refuse(question, ErrorCode::limit);
    EXPECT_EQ(script.core().outbox_count().failed, 1);
}

TEST(Questions, CanBeForgottenOnceNobodyWaitsForThem) {
    for (const bool in_flight : {false, true}) {
        Script script;
        script.sign_in();
        if (in_flight) {
            script.connect();
            script.auth_ok();
            script.resumed();
        }
        const Uuid question = script.submit(protocol::ProfileFind{.handles = {"bob"}});
        const Uuid group = script.submit(protocol::ConversationCreate{"group", {AccountId("you")}});
        EXPECT_FALSE(script.core().discard(group, script.now()));
        ASSERT_TRUE(script.core().discard(question, script.now()));
        script.take();
        EXPECT_EQ(script.database().number("SELECT count(*) FROM command"), 1);
        if (!in_flight) continue;
        // Its answer comes too late, and changes nothing.
        script.give(protocol::Profiles{}, question);
        EXPECT_THAT(script.noticed<core::CommandSettled>(), testing::IsEmpty());
    }
}

}  // namespace
}  // namespace parley::test
