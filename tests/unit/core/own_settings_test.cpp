// What a person sets for himself: rows of the account's stream, and what waits on top of them.

#include "tests/unit/core/own_settings_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using protocol::DraftSet;
using protocol::Notify;
using protocol::PreferencesChanged;
using protocol::PreferencesSet;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(OwnSettings, ARowInItsLatestStateIsShown) {
    auto row = no_preferences();
    row.archived = true;
    row.notify = Notify::mentions;
    row.marked_unread = true;
    row.pinned = 2;
    script.forget();
    push(2, row);
    EXPECT_THAT(script.noticed<core::ConversationTouched>(), SizeIs(1));
    EXPECT_THAT(script.noticed<core::ListChanged>(), SizeIs(1));
    for (const bool opened_again : {false, true}) {
        if (opened_again) script.open();
        const auto view = script.view("c1");
        EXPECT_TRUE(view.archived);
        EXPECT_TRUE(view.pinned);
        EXPECT_TRUE(view.marked_unread);
        EXPECT_FALSE(view.muted);
        EXPECT_EQ(view.notify, Notify::mentions);
    }
    come_back();
    push(4, no_preferences(), 2);
    // An older state that comes late takes nothing back.
    push(3, row, 2);
    EXPECT_FALSE(script.view("c1").archived);
}

TEST_F(OwnSettings, WhatIsSetIsShownAtOnceAndStaysWhereTheAnswerOvertakesTheRow) {
    script.disconnect();
    const Uuid command = set({.archived = true, .pinned = true, .notify = Notify::silent});
    EXPECT_TRUE(script.view("c1").archived);
    script.reconnect();
    ASSERT_THAT(script.sent_of<PreferencesSet>(), SizeIs(1)) << "nothing of it waits for the resume";
    done(command, 2);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    EXPECT_TRUE(script.view("c1").archived);
    auto row = no_preferences();
    row.archived = true;
    row.pinned = 2;
    row.notify = Notify::silent;
    push(2, row);
    EXPECT_TRUE(script.view("c1").archived);
    EXPECT_EQ(script.view("c1").notify, Notify::silent);
    script.resumed("1:2");
    push(3, no_preferences(), 2);
    EXPECT_FALSE(script.view("c1").archived);
}

TEST_F(OwnSettings, WhatIsRefusedIsNotShownAnyMore) {
    const Uuid command = set({.archived = true});
    EXPECT_TRUE(script.view("c1").archived);
    script.refuse(command, ErrorCode::conversation_not_member);
    EXPECT_FALSE(script.view("c1").archived);
    EXPECT_EQ(state_of(command), core::CommandState::failed);
}

TEST_F(OwnSettings, PinnedOnesStandFirstAndArchivedOnesLast) {
    for (std::int64_t number = 2; number <= 5; ++number)
        script.join("c" + std::to_string(number), number);
    script.give({Script::pushed("c4", 2, Script::said("newest"))});
    const auto put = [&](const std::string& stream, std::int64_t seq, bool archived, std::int64_t pinned) {
        push(seq, PreferencesChanged{.conversation = StreamId(stream),
                                     .archived = archived,
                                     .pinned = pinned,
                                     .notify = Notify::all});
    };
    put("c1", 6, false, 6);
    put("c2", 7, false, 7);
    put("c3", 8, true, 0);
    put("c4", 9, true, 9);
    const auto order = [&] {
        std::vector<std::string> streams;
        const auto views = script.core().conversations(0, 10);
        for (const auto& view : *views)
            streams.push_back(view.stream.text());
        return streams;
    };
    EXPECT_THAT(order(), ElementsAre("c2", "c1", "c5", "c4", "c3"));
    // What waits to be pinned is what was pinned last.
    script.submit(PreferencesSet{.target = to_stream(StreamId("c5")), .pinned = true});
    EXPECT_THAT(order(), ElementsAre("c5", "c2", "c1", "c4", "c3"));
}

TEST_F(OwnSettings, ALaneInWhichNothingIsLeftPausesAllTheSame) {
    script.give({Script::pushed("c1", 1, Script::said("mine", "me"))});
    const Uuid edit = script.submit(protocol::MessageEdit{
        .target = to_stream(StreamId("c1")), .message = Script::id_of(1), .text = "better"});
    script.refuse(edit, ErrorCode::rate_limited, 10'000);
    script.submit(protocol::MessageDelete{.target = to_stream(StreamId("c1")), .message = Script::id_of(1)});
    EXPECT_THAT(script.sent_of<protocol::MessageDelete>(), IsEmpty());
    script.wait(10'000);
    EXPECT_THAT(script.sent_of<protocol::MessageDelete>(), SizeIs(1));
}

TEST_F(OwnSettings, WhatIsRefusedOfThemIsNoRefusalOfTheirConversation) {
    const protocol::Target you{.direct = AccountId("you")};
    const Uuid message = script.submit(protocol::MessageSend{.target = you, .text = "hi"});
    const Uuid written = script.submit(DraftSet{.target = you, .text = "and"});
    script.refuse(message, ErrorCode::account_not_found);
    const auto pending = [&] {
        std::vector<core::ConversationView> found;
        const auto views = script.core().conversations(0, 10);
        for (const auto& view : *views)
            if (view.pending) found.push_back(view);
        return found;
    };
    ASSERT_THAT(pending(), SizeIs(1));
    ASSERT_TRUE(pending()[0].failure) << "a draft makes no conversation";
    EXPECT_EQ(pending()[0].failure->code, ErrorCode::account_not_found);
    script.refuse(written, ErrorCode::conversation_not_member);
    EXPECT_EQ(pending()[0].failure->code, ErrorCode::account_not_found);
    ASSERT_TRUE(script.core().discard(message, script.now()));
    script.take();
    EXPECT_THAT(pending(), IsEmpty()) << "nothing is left of it that somebody said";
    EXPECT_THAT(*script.core().outbox(), SizeIs(1));
}

TEST_F(OwnSettings, WhatIsSetByThePersonStaysWhereTheConversationGoesAway) {
    const protocol::Summary summary{.kind = protocol::ConversationKind::direct,
                                    .peer = protocol::Profile{.account = AccountId("you"), .handle = "you"},
                                    .members = 2,
                                    .role = protocol::Role::owner};
    push(2, protocol::Joined{StreamId("c8"), 1, summary});
    const protocol::Target you{.direct = AccountId("you")};
    const Uuid written = script.submit(DraftSet{.target = you, .text = "and"});
    ASSERT_THAT(sent_drafts(), ElementsAre("and"));
    // As a restore does that took the first message away.
    push(3, protocol::Left{.conversation = StreamId("c8"), .until = 1}, 2);
    EXPECT_NE(script.core().connection(), core::Connection::broken);
    ASSERT_THAT(*script.core().outbox(), SizeIs(1));
    script.refuse(written, ErrorCode::conversation_not_member);
    EXPECT_TRUE(script.core().outbox()->front().failure);
    const auto again = script.core().retry(written, script.now());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::conversation_not_member);
}

TEST_F(OwnSettings, BehindWhatMakesTheirConversationTheyWait) {
    const auto refused =
        script.core().submit(DraftSet{.target = {.direct = AccountId("you")}, .text = "hello"}, script.now());
    ASSERT_FALSE(refused) << "nothing is going to make it";
    EXPECT_EQ(refused.error().code, ErrorCode::conversation_not_member);
    script.disconnect();
    const Uuid message =
        script.submit(protocol::MessageSend{.target = {.direct = AccountId("you")}, .text = "hi"});
    const Uuid written = script.submit(DraftSet{.target = {.direct = AccountId("you")}, .text = "and"});
    const Uuid group = script.submit(protocol::ConversationCreate{.title = "new", .members = {}});
    const Uuid pinned = script.submit(PreferencesSet{.target = {.made_by = group}, .pinned = true});
    const auto pending = *script.core().conversations(0, 2);
    ASSERT_THAT(pending, SizeIs(2));
    EXPECT_TRUE(pending[0].pinned);
    ASSERT_TRUE(pending[1].draft);
    EXPECT_EQ(pending[1].draft->text, "and");
    script.reconnect();
    script.resumed();
    ASSERT_THAT(script.sent_of<DraftSet>(), SizeIs(1));
    EXPECT_EQ(script.sent_of<DraftSet>()[0].follows, message);
    EXPECT_EQ(script.sent_of<PreferencesSet>()[0].follows, group);
    script.accept(message, "c8", 4);
    protocol::Envelope made;
    made.re = group;
    made.stream = StreamId("c9");
    made.seq = 2;
    made.payload = protocol::ConversationCreated{};
    script.give({made});
    done(written, 5);
    done(pinned, 6);
    script.join("c8", 2);
    script.join("c9", 3);
    ASSERT_TRUE(script.view("c8").draft);
    EXPECT_TRUE(script.view("c9").pinned);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(OwnSettings, WhatARestoreTookAwayIsNotSetAnyMore) {
    auto row = no_preferences();
    row.archived = true;
    push(2, row);
    script.reconnect();
    script.resumed("2:1", 2);
    // Of the new epoch all rows are told again, and no preferences are among them.
    std::optional<Uuid> asked;
    for (const auto& one : script.sent_of<protocol::Changes>())
        if (std::get<protocol::Changes>(one.payload).stream.text() == "me") asked = one.id;
    ASSERT_TRUE(asked);
    EXPECT_TRUE(script.view("c1").archived) << "until it is told";
    script.give(protocol::ChangesOk{.after = 0,
                                    .upto = limits::restore_jump,
                                    .head = limits::restore_jump,
                                    .rows = {Script::row(
                                        1, std::get<protocol::Joined>(Script::joined("c1", 1).payload))}},
                asked);
    EXPECT_FALSE(script.view("c1").archived);
    script.open();
    EXPECT_FALSE(script.view("c1").archived);
}

}  // namespace
}  // namespace parley::test
