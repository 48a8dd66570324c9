// Servers that were restored.

#include "tests/unit/core/restore_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

using Restore = Streams;

TEST_F(Restore, WhatARestoredServerLostStaysAndIsMarked) {
    push(1, "one");
    push(2, "lost");
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 1, jumped, 1)});
    script.resumed("2:1", 2);
    auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_FALSE(window->messages[0].not_on_server);
    EXPECT_TRUE(window->messages[1].not_on_server);
    EXPECT_FALSE(window->messages[1].in_doubt);
    // The sender sends it again: it comes with its id at another place, and is there once.
    auto again = Script::pushed("c1", jumped + 1, Script::said("lost"));
    again.id = Script::id_of(2);
    script.give({again});
    window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_FALSE(window->messages[1].not_on_server);
    EXPECT_EQ(window->messages[1].born, jumped + 1);
}

TEST_F(Restore, WhatStoodBeforeOneWasBroughtInAgainIsInDoubt) {
    push(1, "one");
    push(2, "may be there for others");
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.reconnect();
    auto state = restored_state(script, 1, jumped, 1);
    // The server has lost the joining, and somebody has added one anew, who sees what comes from here on.
    std::get<protocol::ConversationState>(state.payload).from = jumped;
    script.give({state});
    script.resumed("2:1", 2);
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_TRUE(window->messages[1].not_on_server);
    EXPECT_TRUE(window->messages[1].in_doubt);
}

TEST_F(Restore, WhatTheServerOnlyToldOfAndLostIsNotShownAsIfItWereThere) {
    push(1, "one");
    const auto told = [&](protocol::Envelope state, std::int64_t born, const std::string& text) {
        std::get<protocol::ConversationState>(state.payload).last = protocol::Preview{
            Script::id_of(born), born, AccountId("you"), text, WallTime{1'700'000'000'000 + born}};
        script.give({state});
    };
    script.reconnect();
    told(script.state("c1", 3), 3, "told of and lost");
    EXPECT_EQ(script.view("c1").last->text, "told of and lost");
    script.reconnect();
    const std::int64_t jumped = 1 + limits::restore_jump;
    told(restored_state(script, 1, jumped, 1), 1, "one");
    EXPECT_EQ(script.view("c1").last->text, "one");
    script.resumed("2:1", 2);
    EXPECT_EQ(script.view("c1").last->text, "one");
    // As told of by the next, before the row itself is there.
    script.reconnect();
    told(restored_state(script, 1, jumped + 1, 1), jumped + 1, "new");
    script.resumed("2:2", 2);
    EXPECT_EQ(script.view("c1").last->text, "new");
    // The same backup once more: the state does not say that anything new was restored, the epoch does.
    script.reconnect();
    told(restored_state(script, 1, jumped + 1 + limits::restore_jump, 1), 1, "one");
    script.resumed("3:1", 3);
    EXPECT_EQ(script.view("c1").last->text, "one");
}

TEST_F(Restore, WhoSleptThroughTwoOfThemIsSureOfNothing) {
    push(1, "one");
    push(2, "lost by the first");
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, jumped, jumped + limits::restore_jump, 1)});
    script.resumed("3:1", 3);
    auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    for (const auto& message : window->messages) {
        EXPECT_TRUE(message.not_on_server);
        EXPECT_TRUE(message.in_doubt) << "until it was looked up";
    }
    // What the server still has comes again and stands where it stood.
    script.give({Script::pushed("c1", 1, Script::said("one"))});
    window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_FALSE(window->messages[0].not_on_server);
    EXPECT_TRUE(window->messages[1].not_on_server);
}

TEST_F(Restore, WhatIsOwedSinceThenIsAskedForByADeviceThatStartedAnewInBetween) {
    const auto asked_after = [&] {
        std::vector<std::int64_t> asked;
        for (const auto& one : script.sent_of<protocol::Changes>()) {
            const auto& changes = std::get<protocol::Changes>(one.payload);
            if (changes.stream == StreamId("c1")) asked.push_back(changes.after);
        }
        return asked;
    };
    push(1, "one");
    script.reconnect();
    script.give({restored_state(script, 1, 1 + limits::restore_jump + 1, 1)});
    script.resumed("2:1", 2);
    ASSERT_THAT(asked_after(), ElementsAre(1));
    // It ends before the answer comes. The server has told everything already and says no state again; until
    // the resume ends the device cannot know that.
    script.open();
    script.forget();
    script.connect();
    script.auth_ok();
    EXPECT_THAT(asked_after(), SizeIs(0));
    // Nothing is under way any more when the resume ends.
    for (const auto& one : script.sent_of<protocol::Changes>()) {
        const auto joined = Script::row(1, protocol::Joined{StreamId("c1"),
                                                            1,
                                                            {protocol::ConversationKind::group, "title",
                                                             std::nullopt, 2, protocol::Role::owner}});
        script.give(protocol::ChangesOk{0, 1, 1, false, {joined}}, one.id);
    }
    script.resumed("2:1", 2);
    EXPECT_THAT(asked_after(), ElementsAre(1));
}

TEST_F(Restore, WhatRunsAheadOfTheStateSaysNothingOfWhatWasSleptThrough) {
    push(1, "one");
    push(2, "lost by the first");
    const std::int64_t jumped = 1 + limits::restore_jump;
    const std::int64_t again = jumped + limits::restore_jump;
    script.reconnect();
    script.give({Script::pushed("c1", again + 1, Script::said("after both"))});
    script.give({restored_state(script, jumped, again + 1, 1)});
    script.resumed("3:1", 3);
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(3));
    EXPECT_TRUE(window->messages[0].not_on_server);
    EXPECT_TRUE(window->messages[1].not_on_server);
}

TEST_F(Restore, WhatRunsAheadOfTheStateMovesNoCursor) {
    push(1, "one");
    push(2, "lost by the first");
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.reconnect();
    // The answer to an own message, before any state; and then the server is gone again.
    script.give({Script::pushed("c1", jumped + 1, Script::said("after the first"))});
    EXPECT_THAT(asked<protocol::Changes>(), SizeIs(0));
    EXPECT_EQ(cursor(), 2);
    script.open();
    script.connect();
    script.auth_ok();
    const std::int64_t again = jumped + 1 + limits::restore_jump;
    script.give({restored_state(script, jumped + 1, again, 1)});
    script.resumed("3:1", 3);
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(3));
    EXPECT_TRUE(window->messages[1].not_on_server);
    EXPECT_TRUE(window->messages[1].in_doubt) << "until it was looked up";
}

TEST_F(Restore, WhatCameBeforeAStateThatWasReadEarlyIsFetchedAgainToo) {
    push(1, "one");
    push(3, "lost");
    const std::int64_t jumped = 2 + limits::restore_jump;
    // The hole is asked for before any state came.
    script.reconnect();
    auto since = Script::row(jumped + 1, Script::said("since"));
    since.id = Script::id_of(300);
    // As the answer to an own message: it overtakes the state, which was read before it.
    script.give({protocol::to_envelope(StreamId("c1"), since)});
    script.give({restored_state(script, 2, jumped, 1)});
    script.resumed("2:1", 2);
    // So was the answer to the question of before.
    answer_changes(script, "c1", {1, jumped, jumped, false, {Script::row(2, Script::said("two"))}});
    ASSERT_EQ(last_asked<protocol::Changes>().after, jumped);
    answer<protocol::Changes>(protocol::ChangesOk{jumped, jumped + 1, jumped + 1, false, {since}});
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(4));
    EXPECT_FALSE(window->messages[1].not_on_server);
    EXPECT_TRUE(window->messages[2].not_on_server);
    EXPECT_EQ(window->messages[3].born, jumped + 1);
    EXPECT_FALSE(window->messages[3].not_on_server);
    EXPECT_EQ(cursor(), jumped + 1);
    EXPECT_EQ(script.core().check(), std::nullopt);
}

TEST_F(Restore, AnOlderRowWhoseChangeWasLostIsAHoleAsAfterAJump) {
    push(1, "one");
    script.give({Script::pushed("c1", 2, Script::member("ben"))});
    script.give({Script::pushed("c1", 3, Script::member("ben"), 2)});
    script.reconnect();
    const std::int64_t jumped = 2 + limits::restore_jump;
    script.give({restored_state(script, 2, jumped, 1)});
    EXPECT_EQ(script.core().check(), std::nullopt);
    script.resumed("2:1", 2);
    answer_page({1, 1, jumped, false, false, {Script::row(1, Script::said("one"))}});
    answer_changes(script, "c1", {2, jumped, jumped, false, {}});
    EXPECT_EQ(script.core().check(), std::nullopt);
}

core::MessageState state_of(Script& script, std::int64_t born) {
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    for (const auto& message : window->messages)
        if (message.born == born) return message.state;
    ADD_FAILURE() << "nothing is shown there";
    return core::MessageState::failed;
}

/// As `restored_state`, where `you` has got so far.
protocol::Envelope restored_state_read(Script& script, std::int64_t restored_from, std::int64_t head,
                                       std::int64_t read) {
    auto state = restored_state(script, restored_from, head, 1);
    std::get<protocol::ConversationState>(state.payload).receipts = {{AccountId("you"), read, read}};
    return state;
}

TEST_F(Restore, WhatWasLostIsNotDeliveredByWhatOthersHaveOfWhatCameAfterIt) {
    script.give({Script::pushed("c1", 1, Script::member("me")),
                 Script::pushed("c1", 2, Script::member("you")),
                 Script::pushed("c1", 3, Script::said("lost", "me"))});
    script.reconnect();
    const std::int64_t jumped = 2 + limits::restore_jump;
    script.give({restored_state(script, 2, jumped, 1)});
    script.resumed("2:1", 2);
    auto said = Script::pushed("c1", jumped + 1, Script::said("new", "me"));
    said.id = Script::id_of(300);
    script.give({said});
    answer_changes(script, "c1", {2, jumped + 1, jumped + 1, false, {}});
    answer<protocol::Rows>(protocol::RowsOk{jumped, false, {}});
    answer<protocol::Rows>(protocol::RowsOk{
        jumped, false, {Script::row(1, Script::member("me")), Script::row(2, Script::member("you"))}});
    script.give({restored_state_read(script, 2, jumped + 1, jumped + 1)});
    EXPECT_EQ(state_of(script, jumped + 1), core::MessageState::read);
    EXPECT_EQ(state_of(script, 3), core::MessageState::sent);
}

TEST_F(Restore, TheSameBackupMayBeRestoredTwice) {
    push(1, "one");
    push(2, "lost the first time");
    const std::int64_t first = 2 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 1, first, 1)});
    script.resumed("2:1", 2);
    answer<protocol::Changes>(protocol::ChangesOk{1, first, first, false, {}});
    auto said = Script::pushed("c1", first + 1, Script::said("lost the second time"));
    said.id = Script::id_of(300);
    script.give({said});
    const auto lost = [&] {
        std::vector<std::string> texts;
        const auto window = script.core().window(StreamId("c1"), {.limit = 10});
        for (const auto& message : window->messages)
            if (message.not_on_server) texts.push_back(message.text);
        return texts;
    };
    EXPECT_THAT(lost(), ElementsAre("lost the first time"));

    const std::int64_t second = first + 1 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 1, second, 1)});
    script.resumed("3:1", 3);
    EXPECT_THAT(lost(), ElementsAre("lost the first time", "lost the second time"));
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
    answer<protocol::Changes>(protocol::ChangesOk{1, second, second, false, {}});
    answer_rows();
    EXPECT_TRUE(script.view("c1").complete);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "lost the first time", "lost the second time"));
}

TEST_F(Restore, WhatTheRestoredServerDoesNotKnowIsLeftOnceItHasToldEverything) {
    script.join("c2", 2);
    answer<protocol::Changes>(protocol::ChangesOk{0, 0, 0, false, {}});
    script.give({Script::pushed("c2", 1, Script::said("lost"))});
    script.reconnect();
    const std::int64_t jumped = 2 + limits::restore_jump;
    // Its states come in two connections, since the first one ends in between.
    protocol::Envelope sync;
    sync.payload = protocol::Sync{"2:1"};
    script.give({restored_state(script, 1, jumped, 1), sync});
    script.reconnect();
    script.resumed("2:2", 2);
    EXPECT_TRUE(script.view("c1").present);
    answer_changes(script, "me", {0, jumped, jumped, false, {*protocol::to_change(Script::joined("c1", 1))}});
    EXPECT_TRUE(script.view("c1").present);
    EXPECT_FALSE(script.view("c2").present);
    EXPECT_EQ(script.database().number("SELECT count(*) FROM stream_row WHERE stream = 0"), 1);
    const auto window = script.core().window(StreamId("c2"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(1));
    EXPECT_TRUE(window->messages[0].not_on_server);
}

TEST_F(Restore, WhatAJoiningLetOneSeeThatIsLostIsMarked) {
    push(1, "one");
    script.give({left(2, 2)});
    script.give({joined_again(3, 8), Script::pushed("c1", 8, Script::member("me")),
                 Script::pushed("c1", 9, Script::said("lost"))});
    script.reconnect();
    script.resumed("2:1", 2);
    answer_changes(script, "me", {0, 2, 2, false, {*protocol::to_change(left(2, 2))}});
    EXPECT_FALSE(script.view("c1").present);
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_FALSE(window->messages[0].not_on_server);
    EXPECT_TRUE(window->messages[1].not_on_server);
}

TEST_F(Restore, WhatStoodBeforeTheEndAndChangedSinceIsInDoubtWhereTheJoiningIsLost) {
    push(1, "one");
    push(2, "two");
    script.give({left(2, 3)});
    // One comes in again, and the first is edited.
    script.give({joined_again(3, 8), Script::pushed("c1", 8, Script::member("me")),
                 Script::pushed("c1", 9, Script::said("one, edited"), 1),
                 Script::pushed("c1", 10, Script::said("lost"))});
    script.reconnect();
    script.resumed("2:1", 2);
    answer_changes(script, "me", {0, 2, 2, false, {*protocol::to_change(left(2, 3))}});
    EXPECT_FALSE(script.view("c1").present);
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(3));
    EXPECT_TRUE(window->messages[0].in_doubt) << "it stands, edited or as it was";
    EXPECT_FALSE(window->messages[1].not_on_server);
    EXPECT_TRUE(window->messages[2].not_on_server);
    EXPECT_FALSE(window->messages[2].in_doubt) << "only the joining that is lost let one see it";
}

TEST_F(Restore, WhoseJoiningWasLostIsNoMember) {
    script.give({Script::pushed("c1", 1, Script::member("me")),
                 Script::pushed("c1", 2, Script::member("ben")),
                 Script::pushed("c1", 3, Script::member("eve"))});
    script.reconnect();
    const std::int64_t jumped = 2 + limits::restore_jump;
    script.give({restored_state(script, 2, jumped, 1)});
    script.resumed("2:1", 2);
    // The account's own are asked for as well.
    answer_changes(script, "c1", {2, jumped, jumped, false, {}});
    EXPECT_THAT(*script.core().members(StreamId("c1")), SizeIs(3)) << "nobody has said yet that Eve is out";
    answer<protocol::Rows>(protocol::RowsOk{jumped, false, {}});
    answer<protocol::Rows>(protocol::RowsOk{
        jumped, false, {Script::row(1, Script::member("me")), Script::row(2, Script::member("ben"))}});
    EXPECT_THAT(*script.core().members(StreamId("c1")), SizeIs(2));
    EXPECT_EQ(script.view("c1").summary.members, 2);
    // Nor does anybody wait for Eve to read.
    push(jumped + 1, "one");
    EXPECT_EQ(script.core().check(), std::nullopt);
}

TEST_F(Restore, WhoWasOutMeanwhileTrustsNothingThatCameBefore) {
    script.give({Script::pushed("c1", 1, Script::member("ben")),
                 Script::pushed("c1", 2, Script::member("me")),
                 Script::pushed("c1", 3, Script::said("lost"))});
    script.give({left(2, 3)});
    const std::int64_t jumped = 2 + limits::restore_jump;
    script.give(
        {joined_again(3 + limits::restore_jump, jumped), Script::pushed("c1", jumped, Script::member("me"))});
    answer<protocol::Changes>(protocol::ChangesOk{3, jumped, jumped, false, {}});
    answer<protocol::Rows>(protocol::RowsOk{jumped, false, {}});
    answer<protocol::Rows>(protocol::RowsOk{
        jumped, false, {Script::row(1, Script::member("ben")), Script::row(jumped, Script::member("me"))}});
    EXPECT_THAT(*script.core().members(StreamId("c1")), SizeIs(2)) << "each of them once";
    EXPECT_EQ(script.view("c1").summary.members, 2);
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(1));
    EXPECT_TRUE(window->messages[0].not_on_server);
    EXPECT_TRUE(window->missing) << "what the server has there is fetched";
}

TEST_F(Restore, ADeviceThatWasNeverToldTheEpochTrustsNothingThatCameBefore) {
    Script fresh;
    fresh.sign_in();
    fresh.connect();
    fresh.auth_ok();
    protocol::Envelope sync;
    sync.payload = protocol::Sync{"1:1"};
    fresh.give({Script::joined("c1", 5), sync});
    fresh.disconnect();
    fresh.wait(1000);
    fresh.core().handle_connected(fresh.now());
    fresh.take();
    fresh.auth_ok();
    fresh.forget();
    fresh.resumed("2:1", 2);
    answer_changes(fresh, "me", {0, 3, 3, false, {}});
    EXPECT_FALSE(fresh.view("c1").present);
}

}  // namespace
}  // namespace parley::test
