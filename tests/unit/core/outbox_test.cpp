#include "core/outbox.hpp"

#include "tests/unit/core/script.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace parley::test {
namespace {

using core::CommandState;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<Uuid> ids(const std::vector<protocol::Envelope>& envelopes) {
    std::vector<Uuid> ids;
    ids.reserve(envelopes.size());
    for (const auto& envelope : envelopes)
        ids.push_back(*envelope.id);
    return ids;
}

/// A live core in conversation "c1".
class Outbox : public testing::Test {
  protected:
    Outbox() {
        script.go_live();
        script.join("c1");
        script.forget();
    }
    std::vector<Uuid> say(int count) {
        std::vector<Uuid> said;
        said.reserve(static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i)
            said.push_back(script.say("c1", "text " + std::to_string(i)));
        return said;
    }
    void reconnect() {
        script.disconnect();
        script.wait(30'000);
        script.forget();
        script.core().handle_connected(script.now());
        script.take();
        script.auth_ok();
    }
    CommandState state_of(const Uuid& id) {
        const auto outbox = script.core().outbox();
        for (const auto& command : *outbox)
            if (command.id == id) return command.state;
        ADD_FAILURE() << "not in the outbox";
        return CommandState::queued;
    }

    Script script;
};

TEST_F(Outbox, SendsInOrderEachNamingTheOneBeforeIt) {
    const auto said = say(3);
    const auto sent = script.sent_of<protocol::MessageSend>();
    EXPECT_EQ(ids(sent), said);
    EXPECT_EQ(sent[0].follows, std::nullopt);
    EXPECT_EQ(sent[1].follows, said[0]);
    EXPECT_EQ(sent[2].follows, said[1]);
}

TEST_F(Outbox, NamesNothingOnceTheOneBeforeIsAnswered) {
    const auto first = script.say("c1", "first");
    script.accept(first, "c1", 1);
    script.say("c1", "second");
    EXPECT_EQ(script.sent_of<protocol::MessageSend>().back().follows, std::nullopt);
}

TEST_F(Outbox, HasAtMostSixteenQuestionsInFlight) {
    const auto said = say(40);
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(core::commands_in_flight_max));
    EXPECT_LE(core::commands_in_flight_max + core::pulls_in_flight_max, static_cast<std::size_t>(16));
    script.accept(said[0], "c1", 1);
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(core::commands_in_flight_max + 1));
}

TEST_F(Outbox, ResendsUnansweredCommandsInOrderWithTheirIdsAfterReconnect) {
    const auto said = say(5);
    script.accept(said[0], "c1", 1);
    reconnect();
    const auto sent = script.sent_of<protocol::MessageSend>();
    EXPECT_EQ(ids(sent), std::vector<Uuid>(said.begin() + 1, said.end()));
    EXPECT_EQ(sent[0].follows, std::nullopt);
    EXPECT_EQ(sent[1].follows, said[1]);
}

TEST_F(Outbox, ResendsInOrderAfterARestart) {
    const auto said = say(5);
    script.open();
    script.forget();
    script.connect();
    script.auth_ok();
    EXPECT_EQ(ids(script.sent_of<protocol::MessageSend>()), said);
}

TEST_F(Outbox, SendsNothingBeforeItIsSignedIn) {
    const auto said = say(2);
    script.disconnect();
    script.wait(30'000);
    script.forget();
    script.core().handle_connected(script.now());
    script.take();
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), IsEmpty());
}

TEST_F(Outbox, WaitsAsLongAsItIsToldAndKeepsTheOrder) {
    const auto said = say(3);
    script.forget();
    script.refuse(said[0], ErrorCode::rate_limited, 4000);
    script.refuse(said[1], ErrorCode::follows_refused);
    script.refuse(said[2], ErrorCode::follows_refused);
    script.wait(3900);
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), IsEmpty());
    script.wait(200);
    const auto sent = script.sent_of<protocol::MessageSend>();
    EXPECT_EQ(ids(sent), said);
    EXPECT_EQ(sent[1].follows, said[0]);
    EXPECT_THAT(script.noticed<core::CommandSettled>(), IsEmpty());
}

TEST_F(Outbox, ARefusedCommandFailsAloneAndTheOthersGoOn) {
    const auto said = say(3);
    script.forget();
    script.refuse(said[0], ErrorCode::message_not_found);
    script.refuse(said[1], ErrorCode::follows_refused);
    script.refuse(said[2], ErrorCode::follows_refused);
    EXPECT_EQ(state_of(said[0]), CommandState::failed);
    const auto sent = script.sent_of<protocol::MessageSend>();
    EXPECT_EQ(ids(sent), (std::vector<Uuid>{said[1], said[2]}));
    EXPECT_EQ(sent[0].follows, std::nullopt);
    ASSERT_THAT(script.noticed<core::CommandSettled>(), SizeIs(1));
    EXPECT_EQ(script.noticed<core::CommandSettled>()[0].failure->code, ErrorCode::message_not_found);
}

/// Answers everything that was sent as a server does: what it finds wrong it refuses for good, and what names
/// a command that was not accepted it refuses for that. Returns what it accepted, in order.
std::vector<Uuid> serve(Script& script, const std::set<Uuid>& wrong) {
    std::vector<Uuid> accepted;
    std::size_t answered = 0;
    for (auto sent = script.sent_of<protocol::MessageSend>(); answered < sent.size();
         sent = script.sent_of<protocol::MessageSend>()) {
        const auto& command = sent[answered++];
        const auto stands = [&](const Uuid& id) {
            return std::ranges::find(accepted, id) != accepted.end();
        };
        if (command.follows && !stands(*command.follows)) {
            script.refuse(*command.id, ErrorCode::follows_refused);
        } else if (wrong.contains(*command.id)) {
            script.refuse(*command.id, ErrorCode::message_not_found);
        } else {
            accepted.push_back(*command.id);
            script.accept(*command.id, "c1", std::ssize(accepted));
        }
        if (answered > 2000) {
            ADD_FAILURE() << "it never ends";
            break;
        }
    }
    return accepted;
}

TEST_F(Outbox, WhatFollowsRefusalsGoesOnAtOnceInOrderHoweverManyThereAre) {
    const auto said = say(60);
    std::set<Uuid> wrong(said.begin() + 2, said.begin() + 20);
    wrong.insert({said[25], said[30], said[31], said[59]});
    std::vector<Uuid> expected;
    for (const Uuid& id : said)
        if (!wrong.contains(id)) expected.push_back(id);
    const Instant before = script.now().instant;
    EXPECT_EQ(serve(script, wrong), expected);
    EXPECT_EQ(script.now().instant, before);
    EXPECT_THAT(*script.core().outbox(), SizeIs(wrong.size()));
}

TEST_F(Outbox, AServerThatOnlyEverSaysThatSomethingWasNotAcceptedIsGivenTime) {
    const auto said = say(3);
    std::size_t answered = 0;
    for (auto sent = script.sent_of<protocol::MessageSend>(); answered < sent.size() && answered < 500;
         sent = script.sent_of<protocol::MessageSend>())
        script.refuse(*sent[answered++].id, ErrorCode::follows_refused);
    EXPECT_LT(answered, 50u);
    script.wait(40'000);
    EXPECT_GT(script.sent_of<protocol::MessageSend>().size(), answered);
    EXPECT_EQ(state_of(said[2]), CommandState::in_flight);
}

TEST_F(Outbox, ACommandWhoseAnswerCannotBeReadIsSentAgainAfterAPause) {
    const Uuid invite = script.submit(protocol::InviteCreate{});
    script.forget();
    script.give(protocol::Invite{std::string(5000, 'x'), WallTime{5}}, invite);
    EXPECT_THAT(script.sent, IsEmpty());
    EXPECT_EQ(state_of(invite), CommandState::queued);
    script.wait(1000);
    EXPECT_EQ(ids(script.sent_of<protocol::InviteCreate>()), std::vector<Uuid>{invite});
    script.give(protocol::Invite{"code", WallTime{5}}, invite);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(Outbox, ARetryGoesToTheEndWithANewId) {
    const auto said = say(2);
    script.refuse(said[0], ErrorCode::message_not_found);
    script.forget();
    const auto again = script.core().retry(said[0], script.now());
    ASSERT_TRUE(again);
    script.take();
    EXPECT_NE(*again, said[0]);
    EXPECT_EQ(ids(script.sent_of<protocol::MessageSend>()), std::vector<Uuid>{*again});
    EXPECT_THAT(script.texts("c1"), ElementsAre("text 1", "text 0"));
    EXPECT_FALSE(script.core().retry(said[0], script.now()));
}

TEST_F(Outbox, ADiscardedCommandIsForgotten) {
    const auto said = say(2);
    EXPECT_FALSE(script.core().discard(said[0], script.now()));
    script.refuse(said[0], ErrorCode::message_not_found);
    EXPECT_TRUE(script.core().discard(said[0], script.now()));
    EXPECT_THAT(script.texts("c1"), ElementsAre("text 1"));
}

TEST_F(Outbox, AnEndedTokenIsNeverShownAsFailed) {
    const auto said = say(2);
    script.forget();
    script.refuse(said[0], ErrorCode::token_expired);
    script.refuse(said[1], ErrorCode::not_signed_in);
    EXPECT_EQ(state_of(said[0]), CommandState::queued);
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), IsEmpty());
    ASSERT_THAT(script.calls, SizeIs(1));
    script.answer(script.calls[0], 200, Script::json(Script::tokens(2)));
    EXPECT_THAT(script.sent_of<protocol::Auth>(), SizeIs(1));
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), IsEmpty());
    script.auth_ok();
    EXPECT_EQ(ids(script.sent_of<protocol::MessageSend>()), said);
}

TEST_F(Outbox, AKnownIdChangesNothing) {
    const Uuid id = Script::id_of(77);
    const protocol::MessageSend send{to_stream(StreamId("c1")), "once", std::nullopt, {}};
    EXPECT_TRUE(script.core().submit(send, script.now(), id));
    EXPECT_TRUE(script.core().submit(send, script.now(), id));
    script.take();
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(1));
    script.accept(id, "c1", 1);
    EXPECT_TRUE(script.core().submit(send, script.now(), id));
    script.take();
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(1));
    EXPECT_THAT(script.texts("c1"), ElementsAre("once"));
}

TEST_F(Outbox, RefusesAtOnceWhatCanNeverBeAccepted) {
    const auto refused = [&](protocol::Payload payload) {
        return !script.core().submit(std::move(payload), script.now()).has_value();
    };
    EXPECT_TRUE(refused(protocol::MessageSend{to_stream(StreamId("c1")), std::string(20'000, 'x'), {}, {}}));
    EXPECT_TRUE(refused(protocol::MessageSend{to_stream(StreamId("c1")), "", {}, {}}));
    EXPECT_TRUE(refused(protocol::MessageSend{to_stream(StreamId("c1")), "\xff", {}, {}}));
    EXPECT_TRUE(refused(protocol::MessageSend{{}, "x", {}, {}}));
    EXPECT_TRUE(refused(protocol::MessageSend{{StreamId("c1"), AccountId("you"), {}}, "x", {}, {}}));
    EXPECT_TRUE(refused(protocol::Ping{}));
    EXPECT_TRUE(refused(protocol::ProfileSet{"Not A Handle", {}, {}}));
    EXPECT_TRUE(refused(protocol::Read{to_stream(StreamId("nowhere")), 1}));
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

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

TEST_F(Outbox, ReadPositionsAreSentOnceTheHighestOnly) {
    script.give({Script::pushed("c1", 1, Script::said("a")), Script::pushed("c1", 2, Script::said("b")),
                 Script::pushed("c1", 3, Script::said("c")), Script::pushed("c1", 4, Script::said("d"))});
    script.disconnect();
    for (std::int64_t upto : {1, 3, 2})
        script.submit(protocol::Read{to_stream(StreamId("c1")), upto});
    EXPECT_THAT(*script.core().outbox(), SizeIs(1));
    EXPECT_EQ(script.view("c1").unread, 1);
    EXPECT_EQ(script.view("c1").read, 3);
    EXPECT_THAT(script.noticed<core::CommandSettled>(), SizeIs(2));
}

TEST_F(Outbox, ReadingIsNotHeldBackByWhatMustWait) {
    const auto said = say(1);
    script.refuse(said[0], ErrorCode::rate_limited, 60'000);
    script.give({Script::pushed("c1", 1, Script::said("a"))});
    script.forget();
    script.submit(protocol::Read{to_stream(StreamId("c1")), 1});
    const auto sent = script.sent_of<protocol::Read>();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].follows, std::nullopt);
}

TEST_F(Outbox, ARefusedReadTakesTheShownPositionBack) {
    script.give({Script::pushed("c1", 1, Script::said("a"))});
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), 1});
    EXPECT_EQ(script.view("c1").unread, 0);
    script.refuse(read, ErrorCode::invalid);
    EXPECT_EQ(script.view("c1").unread, 1);
    EXPECT_EQ(script.view("c1").read, 0);
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
