// Servers that were restored more than once, from backups of different pasts.

#include "tests/unit/core/restore_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::SizeIs;

class RestoreAgain : public Streams {
  protected:
    void start_again() {
        script.open();
        script.forget();
        script.connect();
        script.auth_ok();
    }
};

TEST_F(RestoreAgain, WhatIsBackAfterAnotherBackupIsFetchedAnew) {
    push(1, "one");
    push(2, "two");
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 1, jumped, 1)});
    script.resumed("2:1", 2);
    ASSERT_TRUE(script.core().window(StreamId("c1"), {.limit = 10})->messages[1].not_on_server);
    // The second backup was made later than the first, and has it.
    script.reconnect();
    script.give({restored_state(script, 2, 2 + 2 * limits::restore_jump, 1)});
    script.resumed("3:1", 3);
    script.give({Script::pushed("c1", 2, Script::said("two"))});
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_FALSE(window->messages[1].not_on_server);
    EXPECT_EQ(script.core().check(), std::nullopt);
}

TEST_F(RestoreAgain, WhatIsBackAfterTwoOthersIsFetchedAnew) {
    push(1, "one");
    push(2, "two");
    const std::int64_t first = 1 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 1, first, 1)});
    script.resumed("2:1", 2);
    answer_changes(script, "c1", {1, first, first, false, {}});
    answer_rows();
    // A backup that was made since.
    const std::int64_t second = first + limits::restore_jump;
    start_again();
    script.give({restored_state(script, first, second, 1)});
    script.resumed("3:1", 3);
    answer_changes(script, "c1", {first, second, second, false, {}});
    answer_rows();
    ASSERT_TRUE(script.core().window(StreamId("c1"), {.limit = 10})->messages[1].not_on_server);
    // And one of before the first, which has what that one took away.
    const std::int64_t third = 2 + 3 * limits::restore_jump;
    start_again();
    script.give({restored_state(script, 2, third, 1)});
    script.resumed("4:1", 4);
    answer_changes(
        script, "c1",
        {0, third, third, false, {Script::row(1, Script::said("one")), Script::row(2, Script::said("two"))}});
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_FALSE(window->messages[0].not_on_server);
    EXPECT_FALSE(window->messages[1].not_on_server);
}

TEST_F(RestoreAgain, AConversationThatAnotherBackupBringsBackIsFetchedAnew) {
    push(1, "one");
    script.reconnect();
    script.resumed("2:1", 2);
    answer_changes(script, "me", {0, 2, 2, false, {}});
    ASSERT_FALSE(script.view("c1").present);
    script.reconnect();
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.give({Script::joined("c1", 3), restored_state(script, 1, jumped, 1)});
    EXPECT_TRUE(script.view("c1").present);
    answer_changes(script, "c1", {0, jumped, jumped, false, {Script::row(1, Script::said("one"))}});
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(1));
    EXPECT_FALSE(window->messages[0].not_on_server);
}

TEST_F(RestoreAgain, WhatMayBeBackForOneWhoIsOutIsInDoubt) {
    push(1, "one");
    push(2, "two");
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 1, jumped, 1)});
    script.resumed("2:1", 2);
    answer_changes(script, "c1", {1, jumped, jumped, false, {}});
    const auto second = [&] {
        return script.core().window(StreamId("c1"), {.limit = 10})->messages[1];
    };
    ASSERT_TRUE(second().not_on_server);
    ASSERT_FALSE(second().in_doubt);
    // The second backup is of a moment at which one had gone, after both.
    script.reconnect();
    script.give({left(2, 3)});
    script.resumed("3:1", 3);
    EXPECT_FALSE(script.view("c1").present);
    EXPECT_TRUE(second().in_doubt) << "nobody says any more that it is back";
}

TEST_F(RestoreAgain, WhatOneLeftThatAnotherBackupDoesNotKnowIsInDoubt) {
    push(1, "one");
    script.reconnect();
    script.resumed("2:1", 2);
    answer_changes(script, "me", {0, 2, 2, false, {}});
    const auto first = [&] {
        return script.core().window(StreamId("c1"), {.limit = 10})->messages[0];
    };
    ASSERT_TRUE(first().not_on_server);
    ASSERT_FALSE(first().in_doubt);
    script.reconnect();
    script.give({left(2, 3)});
    EXPECT_FALSE(script.view("c1").present);
    EXPECT_TRUE(first().in_doubt) << "it stood there before one left";
}

TEST_F(RestoreAgain, WhereOneJoinedAfterAnotherBackupTheSameOneBeginsAnew) {
    push(1, "one");
    push(2, "two");
    const auto come_back = [&](std::int64_t epoch) {
        start_again();
        script.give({restored_state(script, 2, 2 + epoch * limits::restore_jump, 1)});
        script.resumed(std::to_string(epoch) + ":1", epoch);
    };
    const auto second = [&] {
        return script.core().window(StreamId("c1"), {.limit = 10})->messages[1];
    };
    come_back(2);
    EXPECT_FALSE(second().not_on_server);
    // A backup of before the second message, of a moment at which one was out; then one comes in again.
    script.reconnect();
    script.give({left(2, 1)});
    script.resumed("4:1", 4);
    answer_changes(script, "me", {0, 2, 2, false, {*protocol::to_change(left(2, 1))}});
    const std::int64_t again = 3 + 4 * limits::restore_jump;
    script.give({joined_again(3, again)});
    EXPECT_TRUE(second().in_doubt);
    answer<protocol::Changes>(protocol::ChangesOk{2, again, again, false, {}});
    answer_page({1, again - 1, again, false, false, {Script::row(1, Script::said("one"))}});
    EXPECT_TRUE(second().not_on_server);
    EXPECT_TRUE(second().in_doubt) << "it lies between two memberships: whether others have it nobody tells";
    come_back(6);
    EXPECT_TRUE(second().in_doubt) << "the first backup once more, which has it";
    script.give({Script::pushed("c1", 2, Script::said("two"))});
    EXPECT_FALSE(second().not_on_server);
}

TEST_F(RestoreAgain, OneIsInByTheJoiningThatIsLeft) {
    push(1, "one");
    script.give({left(2, 2)});
    script.give({joined_again(3, 8), Script::pushed("c1", 8, Script::member("me"))});
    script.reconnect();
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.give({restored_state(script, 1, jumped, 1)});
    script.resumed("2:1", 2);
    const auto first = [&] {
        return script.core().window(StreamId("c1"), {.limit = 10})->messages[0];
    };
    EXPECT_FALSE(first().not_on_server);
    // And this backup is of before that one.
    script.reconnect();
    script.resumed("3:1", 3);
    answer_changes(script, "me", {0, 2, 2, false, {}});
    EXPECT_FALSE(script.view("c1").present);
    EXPECT_TRUE(first().not_on_server) << "the first joining let one see it";
}

TEST_F(RestoreAgain, WhatAStateSaidOneIsInIsLeftWithoutARowThatSaidSo) {
    push(1, "one");
    script.give({left(2, 1)});
    script.reconnect();
    // A backup of before one left. The connection ends after the state, before the account's row came.
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.give({restored_state(script, 1, jumped, 1)});
    script.resumed("2:1", 2);
    ASSERT_TRUE(script.view("c1").present);
    // And one of before the conversation was made: of it nothing is told.
    script.reconnect();
    script.resumed("3:1", 3);
    answer_changes(script, "me", {0, 2, 2, false, {}});
    EXPECT_FALSE(script.view("c1").present);
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(1));
    EXPECT_TRUE(window->messages[0].not_on_server);
    // What was asked before that is refused, and not asked again.
    for (const auto& question : script.sent_of<protocol::Changes>())
        if (std::get<protocol::Changes>(question.payload).stream == StreamId("c1"))
            script.refuse(*question.id, ErrorCode::conversation_not_member);
    script.forget();
    script.wait(10'000);
    EXPECT_THAT(asked<protocol::Changes>(), SizeIs(0));
}

TEST_F(RestoreAgain, WhatAStateAloneEverToldOfIsLeftAsWell) {
    // The first restored server tells of another conversation, and ends before the row of the joining came.
    script.reconnect();
    script.give({script.state("c2", 1 + limits::restore_jump)});
    script.resumed("2:1", 2);
    ASSERT_TRUE(script.view("c2").present);
    script.reconnect();
    script.resumed("3:1", 3);
    answer_changes(script, "me", {0, 2, 2, false, {*protocol::to_change(Script::joined("c1", 1))}});
    EXPECT_TRUE(script.view("c1").present);
    EXPECT_FALSE(script.view("c2").present);
}

/// Own messages are accepted in a conversation of which nothing else has come yet.
class AcceptedEarly : public RestoreAgain {
  protected:
    /// The row that it makes.
    protocol::Change say(const std::string& text, std::int64_t seq) {
        const Uuid id =
            script.submit(protocol::MessageSend{{.direct = AccountId("bob")}, text, std::nullopt, {}});
        script.accept(id, "c2", seq);
        auto row = Script::row(seq, Script::said(text, "me"));
        row.id = id;
        return row;
    }
    std::vector<bool> lost() {
        std::vector<bool> marks;
        for (const auto& message : script.core().window(StreamId("c2"), {.limit = 10})->messages)
            marks.push_back(message.not_on_server);
        return marks;
    }
};

TEST_F(AcceptedEarly, WhatARestoreTookAwayIsMarkedThoughMoreWasAcceptedSince) {
    say("one", 16);
    start_again();
    const std::int64_t since = 6 + limits::restore_jump;
    const auto row = say("two", since);
    auto state = script.state("c2", since);
    std::get<protocol::ConversationState>(state.payload).restored_from = 6;
    script.give({Script::joined("c2", 2, 1), state});
    script.resumed("2:1", 2);
    answer_changes(script, "c2", {0, since, since, false, {row}});
    EXPECT_THAT(lost(), testing::ElementsAre(true, false));
}

TEST_F(AcceptedEarly, WhatARestoreTookAwayIsMarkedWhereOneCameInSince) {
    say("one", 16);
    start_again();
    const std::int64_t since = 6 + limits::restore_jump;
    script.give({Script::joined("c2", 2, since), script.state("c2", since, since)});
    script.resumed("2:1", 2);
    EXPECT_THAT(lost(), testing::ElementsAre(true));
}

}  // namespace
}  // namespace parley::test
