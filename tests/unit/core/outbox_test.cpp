// What is sent, when, and what refusals do.

#include "tests/unit/core/outbox_script.hpp"

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
    script.reconnect();
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

TEST_F(Outbox, WhoeverHasTriedTooManyCodesStillSignsDevicesOut) {
    const auto joining = script.submit(protocol::LinkJoin{.code = "guessed"});
    script.refuse(joining, ErrorCode::rate_limited, 60'000);
    script.submit(protocol::LinkJoin{.code = "another"});
    script.forget();
    script.submit(protocol::DeviceRevoke{.device = DeviceId("d2")});
    EXPECT_THAT(script.sent_of<protocol::DeviceRevoke>(), SizeIs(1));
    EXPECT_THAT(script.sent_of<protocol::LinkJoin>(), IsEmpty());
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
    const auto said = say(40);
    std::set<Uuid> wrong(said.begin() + 2, said.begin() + 20);
    wrong.insert({said[25], said[30], said[31], said[39]});
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

TEST_F(Outbox, TakesNoNameOrTitleThatTheServerRefuses) {
    const auto refused = [&](const protocol::Payload& command) {
        const auto submitted = script.core().submit(command, script.now());
        ASSERT_FALSE(submitted);
        EXPECT_EQ(submitted.error().code, ErrorCode::invalid);
    };
    for (const char* bad : {" ", "two\nlines", "\u202egnp"}) {
        refused(protocol::ProfileSet{.name = bad});
        refused(protocol::ConversationCreate{bad, {}});
        refused(protocol::ConversationRename{{.stream = StreamId("c1")}, bad});
    }
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

}  // namespace
}  // namespace parley::test
