// Edits and deletions: their rows, and how they are shown until these come.

#include "tests/unit/core/edits_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(Edits, ARowInItsLatestStateIsShownInItsPlace) {
    push(1, Script::said("helo"));
    push(2, Script::said("next"));
    script.forget();
    push(3, edited("hello"), 1);
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello", "next"));
    EXPECT_EQ(window()[0].edited_at, (WallTime{1'700'000'500'000}));
    EXPECT_THAT(script.noticed<core::ConversationTouched>(), SizeIs(1));
    EXPECT_EQ(script.view("c1").unread, 2);
    // What comes late, by a page or a pull, takes nothing back.
    push(1, Script::said("helo"));
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello", "next"));
}

TEST_F(Edits, OfADeletedMessageNothingIsLeftOnTheDevice) {
    push(1, Script::said("secret"));
    push(2, edited("secret, too"), 1);
    ASSERT_GT(rows_with("secret"), 0);
    push(3, tombstone("you", "they"), 1);
    EXPECT_EQ(rows_with("secret"), 0);
    EXPECT_TRUE(last().deleted);
    EXPECT_EQ(last().text, "");
    EXPECT_EQ(last().edited_at, std::nullopt);
    EXPECT_EQ(script.view("c1").unread, 0);
}

TEST_F(Edits, AStateOfBeforeDoesNotBringBackWhatWasDeleted) {
    auto state = script.state("c1", 2);
    auto& told = std::get<protocol::ConversationState>(state.payload);
    told.last = protocol::Preview{.id = Script::id_of(1),
                                  .born = 1,
                                  .sender = AccountId("you"),
                                  .text = "secret",
                                  .at = WallTime{1'700'000'000'001}};
    script.give({state});
    ASSERT_EQ(last().text, "secret");
    push(3, tombstone(), 1);
    EXPECT_EQ(rows_with("secret"), 0);
    script.give({state});
    EXPECT_EQ(rows_with("secret"), 0);
    EXPECT_TRUE(last().deleted);
}

TEST_F(Edits, WhatTheServerSaysIsDeletedIsListedSo) {
    auto state = script.state("c1", 2);
    std::get<protocol::ConversationState>(state.payload).last =
        protocol::Preview{.id = Script::id_of(1),
                          .born = 1,
                          .sender = AccountId("you"),
                          .text = "",
                          .at = WallTime{1'700'000'000'001},
                          .deleted = true};
    script.give({state});
    EXPECT_TRUE(last().deleted);
}

TEST_F(Edits, WhatIsDeletedCountsNoMoreWhereverTheCountsAreOf) {
    for (std::int64_t seq = 1; seq <= 4; ++seq)
        push(seq, Script::said("text"));
    EXPECT_EQ(script.view("c1").unread, 4);
    push(5, tombstone(), 3);
    EXPECT_EQ(script.view("c1").unread, 3);
    // The server counted before the deletion; it counted what was deleted.
    auto state = script.state("c1", 4);
    auto& counted = std::get<protocol::ConversationState>(state.payload);
    counted.unread = 4;
    counted.as_of = {4, 2};
    script.give({state});
    EXPECT_EQ(script.view("c1").unread, 3);
    // After it; it did not.
    counted.unread = 3;
    counted.as_of = {5, 2};
    script.give({state});
    EXPECT_EQ(script.view("c1").unread, 3);
    push(6, tombstone(), 4);
    EXPECT_EQ(script.view("c1").unread, 2);
    // One's own never counted.
    push(7, tombstone("me", "me"), 2);
    EXPECT_EQ(script.view("c1").unread, 2);
}

TEST_F(Edits, WhatIsReadHereAndDeletedAfterTheCountsIsSubtractedOnce) {
    for (std::int64_t seq = 1; seq <= 4; ++seq)
        push(seq, Script::said("text"));
    auto state = script.state("c1", 4);
    auto& counted = std::get<protocol::ConversationState>(state.payload);
    counted.unread = 4;
    counted.as_of = {4, 2};
    script.give({state});
    push(5, tombstone(), 1);
    push(6, tombstone(), 3);
    script.submit(protocol::Read{.target = to_stream(StreamId("c1")), .upto = 2});
    EXPECT_EQ(script.view("c1").unread, 1);
}

TEST_F(Edits, AnEditIsShownBeforeItIsAccepted) {
    const Uuid id = said("helo", 1);
    script.forget();
    const Uuid command = edit(id, "hello");
    ASSERT_THAT(script.sent_of<protocol::MessageEdit>(), SizeIs(1));
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello"));
    EXPECT_TRUE(window()[0].changing);
    EXPECT_EQ(last().text, "hello");
    push_as(id, 2, edited("hello", "me"), 1);
    done(command, 2);
    EXPECT_FALSE(window()[0].changing);
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello"));
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(Edits, ARefusedEditLeavesTheTextAsItIs) {
    const Uuid id = said("helo", 1);
    const Uuid command = edit(id, "hello");
    script.refuse(command, ErrorCode::limit);
    EXPECT_THAT(script.texts("c1"), ElementsAre("helo"));
    EXPECT_FALSE(window()[0].changing);
    EXPECT_EQ(state_of(command), core::CommandState::failed);
}

TEST_F(Edits, AnEditOfWhatIsDeletedMeanwhileIsForgotten) {
    const Uuid id = said("helo", 1);
    const Uuid command = edit(id, "secret");
    push_as(id, 2, tombstone("me", "you"), 1);
    ASSERT_GT(rows_with("secret"), 0) << "it is under way";
    script.forget();
    script.refuse(command, ErrorCode::message_deleted);
    EXPECT_EQ(rows_with("secret"), 0);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    const auto settled = script.noticed<core::CommandSettled>();
    ASSERT_THAT(settled, SizeIs(1));
    EXPECT_EQ(settled[0].command, command);
    EXPECT_EQ(settled[0].failure->code, ErrorCode::message_deleted);
}

TEST_F(Edits, WhatTheServerHasDeletedStaysSoBeforeTheRowComes) {
    const Uuid id = said("secret", 1);
    done(erase(id), 2);
    EXPECT_TRUE(window()[0].deleted);
    EXPECT_FALSE(window()[0].changing);
    EXPECT_TRUE(last().deleted);
    EXPECT_EQ(rows_with("secret"), 0);
    script.open();
    EXPECT_TRUE(window()[0].deleted) << "after a restart, too";
    // The row itself says the same.
    push_as(id, 2, tombstone("me", "me"), 1);
    EXPECT_TRUE(window()[0].deleted);
}

TEST_F(Edits, WhatWasDeletedBeforeStaysSoBeforeTheRowComes) {
    const Uuid id = said("secret", 1);
    script.give(protocol::Done{}, erase(id));
    EXPECT_TRUE(window()[0].deleted);
    EXPECT_EQ(rows_with("secret"), 0);
    push_as(id, 1, Script::said("secret", "me"), 1);
    EXPECT_EQ(rows_with("secret"), 0) << "a state of before takes nothing back";
    push_as(id, 2, tombstone("me", "you"), 1);
    EXPECT_EQ(script.database().number("SELECT seq FROM stream_row WHERE born = 1 AND type = 42"), 2);
}

TEST_F(Edits, AnEditThatIsDoneStaysShownBeforeTheRowComes) {
    const Uuid id = said("helo", 1);
    done(edit(id, "hello"), 2);
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello"));
    EXPECT_FALSE(window()[0].changing);
    EXPECT_EQ(window()[0].edited_at, (WallTime{1'700'000'000'002}));
    push_as(id, 3, edited("hello, you", "me"), 1);
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello, you"));
}

TEST_F(Edits, WhatIsOnlyListedStaysDeletedBeforeTheRowComes) {
    auto state = script.state("c1", 2);
    std::get<protocol::ConversationState>(state.payload).last =
        protocol::Preview{.id = Script::id_of(1),
                          .born = 1,
                          .sender = AccountId("me"),
                          .text = "secret",
                          .at = WallTime{1'700'000'000'001}};
    script.give({state});
    done(edit(Script::id_of(1), "more"), 3);
    EXPECT_EQ(last().text, "more");
    done(erase(Script::id_of(1)), 4);
    EXPECT_TRUE(last().deleted);
    EXPECT_EQ(last().text, "");
    EXPECT_EQ(rows_with("secret"), 0);
}

TEST_F(Edits, ADeletionByAnOwnerSettlesWhatWaits) {
    const Uuid id = said("helo", 1);
    push(2, Script::said("theirs"));
    // The server has no time for them.
    script.refuse(edit(id, "secret"), ErrorCode::rate_limited, 60'000);
    const Uuid deletion = erase(Script::id_of(2), AccountId("you"));
    ASSERT_EQ(state_of(deletion), core::CommandState::queued);
    ASSERT_GT(rows_with("secret"), 0);
    push_as(id, 3, tombstone("me", "you"), 1);
    push(4, tombstone("you", "they"), 2);
    EXPECT_EQ(rows_with("secret"), 0);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    const auto settled = script.core().settled(std::vector{deletion});
    ASSERT_THAT(*settled, SizeIs(1));
    EXPECT_EQ(settled->front().failure, std::nullopt);
    EXPECT_THAT(window(), SizeIs(2));
    for (const auto& message : window())
        EXPECT_TRUE(message.deleted && !message.changing);
}

TEST_F(Edits, AnotherPersonsMessageWithTheSameIdIsNotMeant) {
    const Uuid id = said("mine", 1);
    push_as(id, 2, Script::said("theirs"), 2);
    edit(id, "still mine");
    EXPECT_THAT(script.texts("c1"), ElementsAre("still mine", "theirs"));
    erase(id, AccountId("you"));
    EXPECT_THAT(script.texts("c1"), ElementsAre("still mine", ""));
}

TEST_F(Edits, TheHistoryOfAMessageIsAQuestion) {
    const Uuid question = script.submit(protocol::MessageHistory{
        .stream = StreamId("c1"), .message = Script::id_of(1), .sender = AccountId("you")});
    ASSERT_THAT(script.sent_of<protocol::MessageHistory>(), SizeIs(1));
    EXPECT_EQ(script.core().outbox_count().waiting, 0);
    script.forget();
    script.give(protocol::MessageHistoryOk{.texts = {{.seq = 1, .text = "helo"}}}, question);
    const auto settled = script.noticed<core::CommandSettled>();
    ASSERT_THAT(settled, SizeIs(1));
    ASSERT_TRUE(settled[0].reply);
    EXPECT_EQ(std::get<protocol::MessageHistoryOk>(*settled[0].reply).texts.at(0).text, "helo");
}

TEST_F(Edits, AHistoryThatAnswersSomethingElseIsNoAnswer) {
    said("helo", 1);
    const Uuid command = edit(Script::id_of(1), "hello");
    script.forget();
    script.give(protocol::MessageHistoryOk{}, command);
    EXPECT_THAT(script.noticed<core::CommandSettled>(), IsEmpty());
}

TEST_F(Edits, WhatWasSoAlreadyIsSettledWithItsConversation) {
    said("hello", 1);
    const Uuid command = edit(Script::id_of(1), "hello, all");
    script.forget();
    // Without a stream and a number: another device was faster.
    script.give(protocol::Done{}, command);
    const auto settled = script.noticed<core::CommandSettled>();
    ASSERT_THAT(settled, SizeIs(1));
    EXPECT_EQ(settled[0].stream, StreamId("c1"));
}

TEST_F(Edits, TheHistoryOfAMessageThatWasDeletedMeanwhileIsEmpty) {
    push_as(Script::id_of(1), 1, Script::said("secret"), 1);
    const Uuid question = script.submit(protocol::MessageHistory{
        .stream = StreamId("c1"), .message = Script::id_of(1), .sender = AccountId("you")});
    push_as(Script::id_of(1), 2, tombstone(), 1);
    script.forget();
    script.give(protocol::MessageHistoryOk{.texts = {{.seq = 1, .text = "secret"}}}, question);
    const auto settled = script.noticed<core::CommandSettled>();
    ASSERT_THAT(settled, SizeIs(1));
    ASSERT_TRUE(settled[0].reply);
    EXPECT_THAT(std::get<protocol::MessageHistoryOk>(*settled[0].reply).texts, IsEmpty());
}

TEST_F(Edits, AnEditAfterADeletionIsNotShown) {
    const Uuid message = said("secret", 1);
    erase(message);
    edit(message, "more of it");
    EXPECT_TRUE(last().deleted);
    EXPECT_EQ(last().text, "");
    EXPECT_TRUE(window().back().changing);
}

}  // namespace
}  // namespace parley::test
