// Edits and deletions of messages that the server does not have, or refuses.

#include "tests/unit/core/edits_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(Edits, OfAMessageThatMayHaveBeenSentFollowIt) {
    const Uuid id = script.say("c1", "helo");
    ASSERT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(1));
    script.disconnect();
    edit(id, "hello");
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello"));
    script.open();
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello")) << "after a restart, too";
    script.forget();
    script.connect();
    script.auth_ok();
    script.resumed();
    ASSERT_THAT(script.sent_of<protocol::MessageEdit>(), SizeIs(1));
    EXPECT_EQ(std::get<protocol::MessageSend>(script.sent_of<protocol::MessageSend>().at(0).payload).text,
              "helo");
    EXPECT_EQ(script.sent_of<protocol::MessageEdit>()[0].follows, id);
}

TEST_F(Edits, OfAMessageThatWasNeverSentChangeItWhereItWaits) {
    script.disconnect();
    const Uuid id = script.say("c1", "helo");
    script.forget();
    const Uuid command = edit(id, "hello");
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello"));
    EXPECT_FALSE(window()[0].changing);
    EXPECT_EQ(window()[0].edited_at, std::nullopt);
    EXPECT_EQ(rows_with("helo"), 0);
    const auto settled = script.noticed<core::CommandSettled>();
    ASSERT_THAT(settled, SizeIs(1));
    EXPECT_EQ(settled[0].command, command);
    EXPECT_EQ(settled[0].failure, std::nullopt);
    script.open();
    script.forget();
    script.connect();
    script.auth_ok();
    script.resumed();
    EXPECT_THAT(script.sent_of<protocol::MessageEdit>(), IsEmpty());
    ASSERT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(1));
    EXPECT_EQ(std::get<protocol::MessageSend>(script.sent_of<protocol::MessageSend>()[0].payload).text,
              "hello");
    EXPECT_EQ(script.sent_of<protocol::MessageSend>()[0].id, id);
}

TEST_F(Edits, AMessageThatWasNeverSentIsNotSentOnceItIsDeleted) {
    script.disconnect();
    const Uuid id = script.say("c1", "secret");
    const Uuid reply = script.submit(protocol::MessageSend{to_stream(StreamId("c1")), "after it", id, {}});
    script.forget();
    const Uuid deletion = erase(id);
    EXPECT_THAT(script.texts("c1"), ElementsAre("after it"));
    EXPECT_EQ(rows_with("secret"), 0);
    const auto settled = script.noticed<core::CommandSettled>();
    ASSERT_THAT(settled, SizeIs(2));
    EXPECT_EQ(settled[0].command, id);
    EXPECT_EQ(settled[0].failure->code, ErrorCode::message_deleted);
    EXPECT_EQ(settled[1].command, deletion);
    EXPECT_EQ(settled[1].failure, std::nullopt);
    script.open();
    script.forget();
    script.connect();
    script.auth_ok();
    script.resumed();
    EXPECT_THAT(script.sent_of<protocol::MessageDelete>(), IsEmpty());
    const auto sent = script.sent_of<protocol::MessageSend>();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].id, reply);
    EXPECT_EQ(sent[0].follows, std::nullopt);
    // The server would refuse an answer to what it does not have.
    EXPECT_EQ(std::get<protocol::MessageSend>(sent[0].payload).reply_to, std::nullopt);
}

TEST_F(Edits, WhatMayHaveBeenSentBeforeARestartIsDeletedByTheServer) {
    const Uuid id = script.say("c1", "secret");
    script.open();
    script.forget();
    erase(id);
    script.connect();
    script.auth_ok();
    script.resumed();
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(1));
    ASSERT_THAT(script.sent_of<protocol::MessageDelete>(), SizeIs(1));
    EXPECT_EQ(script.sent_of<protocol::MessageDelete>()[0].follows, id);
}

TEST_F(Edits, WithARefusedMessageGoesWhatItsDeletionWaitedFor) {
    const Uuid id = script.say("c1", "secret");
    script.disconnect();
    const Uuid deletion = erase(id);
    script.connect();
    script.auth_ok();
    script.resumed();
    ASSERT_THAT(script.sent_of<protocol::MessageDelete>(), SizeIs(1));
    script.forget();
    script.refuse(id, ErrorCode::not_allowed);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    EXPECT_THAT(window(), IsEmpty());
    EXPECT_EQ(rows_with("secret"), 0);
    const auto settled = script.core().settled(std::vector{deletion});
    ASSERT_THAT(*settled, SizeIs(1));
    EXPECT_EQ(settled->front().failure, std::nullopt);
    // Its own answer comes late.
    script.refuse(deletion, ErrorCode::message_not_found);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(Edits, ARefusedMessageHasTheTextThatItsEditsGaveIt) {
    const Uuid id = script.say("c1", "helo");
    edit(id, "hullo");
    edit(id, "hello");
    script.refuse(id, ErrorCode::not_allowed);
    ASSERT_THAT(*script.core().outbox(), SizeIs(1));
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello"));
    EXPECT_FALSE(window()[0].changing);
    EXPECT_EQ(state_of(id), core::CommandState::failed);
    edit(id, "hello!");
    script.forget();
    ASSERT_TRUE(script.core().retry(id, script.now()));
    script.take();
    ASSERT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(1));
    EXPECT_EQ(std::get<protocol::MessageSend>(script.sent_of<protocol::MessageSend>()[0].payload).text,
              "hello!");
    EXPECT_THAT(script.sent_of<protocol::MessageEdit>(), IsEmpty());
}

TEST_F(Edits, ADeletionTakesWaitingEditsWithIt) {
    const Uuid id = said("helo", 1);
    script.disconnect();
    const Uuid waiting = edit(id, "secret");
    const Uuid elsewhere = edit(Script::id_of(77), "other");
    script.forget();
    erase(id);
    EXPECT_TRUE(window()[0].deleted);
    EXPECT_EQ(window()[0].text, "");
    EXPECT_EQ(rows_with("secret"), 0);
    EXPECT_EQ(rows_with("helo"), 1) << "until the server has accepted it, which may refuse";
    const auto settled = script.noticed<core::CommandSettled>();
    ASSERT_THAT(settled, SizeIs(1));
    EXPECT_EQ(settled[0].command, waiting);
    EXPECT_EQ(settled[0].failure->code, ErrorCode::message_deleted);
    EXPECT_EQ(state_of(elsewhere), core::CommandState::queued);
}

TEST_F(Edits, WhoNamesHimselfAsTheSenderMeansTheSame) {
    script.disconnect();
    const Uuid id = script.say("c1", "secret");
    erase(id, script.core().account());
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    EXPECT_EQ(rows_with("secret"), 0);
}

}  // namespace
}  // namespace parley::test
