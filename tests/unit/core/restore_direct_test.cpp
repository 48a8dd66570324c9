// Servers that were restored, and what is said to a person there.

#include "tests/unit/core/restore_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

using RestoreDirect = Streams;

protocol::Summary talk_with_you() {
    return {protocol::ConversationKind::direct, std::nullopt, Script::member("you").profile, 2,
            protocol::Role::member};
}

/// The account's row that says that one talks to `you` in this conversation.
protocol::Envelope talks_in(const std::string& stream, std::int64_t account_seq) {
    return Script::pushed("me", account_seq, protocol::Joined{StreamId(stream), 1, talk_with_you()});
}

protocol::MessageSend to_you(const std::string& text) {
    return {to_peer(AccountId("you")), text, std::nullopt, {}};
}

TEST_F(RestoreDirect, WhatIsSaidToAPersonKeepsItsOrderWhereTheirConversationIsMadeAgain) {
    script.give({talks_in("d1", 2)});
    script.disconnect();
    const Uuid first = script.submit(to_you("one"));
    const Uuid there = script.say("d1", "to what is lost");
    script.reconnect();
    script.resumed("2:1", 2);
    // The other one has written since, which made it again under another name.
    script.give({talks_in("d2", 8 + limits::restore_jump)});
    EXPECT_THAT(script.texts("d1"), ElementsAre("to what is lost"));
    EXPECT_THAT(script.texts("d2"), ElementsAre("one"));
    const Uuid second = script.say("d2", "two");
    const Uuid third = script.submit(to_you("three"));
    const auto sent = script.sent_of<protocol::MessageSend>();
    ASSERT_THAT(sent, SizeIs(4));
    EXPECT_EQ(sent[0].id, first);
    EXPECT_EQ(sent[1].id, there);
    EXPECT_EQ(sent[2].id, second);
    EXPECT_EQ(sent[2].follows, first);
    EXPECT_EQ(sent[3].id, third);
    EXPECT_EQ(sent[3].follows, second);
    EXPECT_EQ(script.core().check(), std::nullopt);
    // And so it stays where the device is started again.
    script.open();
    EXPECT_THAT(script.texts("d2"), ElementsAre("one", "two", "three"));
}

TEST_F(RestoreDirect, WhatIsSaidToAPersonKeepsItsOrderWhereTheirConversationIsLost) {
    script.give({talks_in("d1", 2)});
    script.disconnect();
    const Uuid first = script.submit(to_you("one"));
    script.reconnect();
    script.resumed("2:1", 2);
    const std::int64_t head = 9 + limits::restore_jump;
    answer_changes(script, "me", {0, head, head, false, {*protocol::to_change(Script::joined("c1", 1))}});
    EXPECT_FALSE(script.view("d1").present);
    EXPECT_THAT(script.texts("d1"), ElementsAre());
    const Uuid second = script.submit(to_you("two"));
    EXPECT_EQ(script.sent_of<protocol::MessageSend>().back().id, second);
    EXPECT_EQ(script.sent_of<protocol::MessageSend>().back().follows, first);
    EXPECT_EQ(script.core().check(), std::nullopt);
}

// Today's server lets nobody out of a conversation of two; another one may.
TEST_F(RestoreDirect, WhatIsSaidToAPersonKeepsItsOrderWhereOneIsOutOfTheirConversation) {
    script.give({talks_in("d1", 2)});
    script.disconnect();
    const Uuid first = script.submit(to_you("one"));
    const Uuid there = script.say("d1", "to what is over");
    script.reconnect();
    script.give({Script::pushed("me", 3, protocol::Left{StreamId("d1"), 1}, 2)});
    script.resumed("1:3");
    EXPECT_THAT(script.texts("d1"), ElementsAre("to what is over"));
    const Uuid second = script.submit(to_you("two"));
    const auto sent = script.sent_of<protocol::MessageSend>();
    ASSERT_THAT(sent, SizeIs(3));
    EXPECT_EQ(sent[0].id, first);
    EXPECT_EQ(sent[1].id, there);
    EXPECT_EQ(sent[2].id, second);
    EXPECT_EQ(sent[2].follows, first) << "both go to the person";
    script.open();
    const auto waiting = script.core().window(to_peer(AccountId("you")), {.limit = 10});
    ASSERT_TRUE(waiting);
    ASSERT_THAT(waiting->messages, SizeIs(2));
    EXPECT_EQ(waiting->messages[0].text, "one");
}

// The conversation stays where it is: what is said to the person goes on in its lane, and the server decides.
TEST_F(RestoreDirect, WhatIsSaidToAPersonWhoIsOutHimselfStaysInOneLane) {
    script.give({talks_in("d1", 2)});
    const Uuid first = script.submit(to_you("one"));
    script.give({Script::pushed("d1", 1, Script::member("me")),
                 Script::pushed("d1", 2, Script::member("you")),
                 Script::pushed("d1", 3, Script::member("you", false), 2)});
    const Uuid second = script.say("d1", "two");
    const Uuid third = script.submit(to_you("three"));
    const auto sent = script.sent_of<protocol::MessageSend>();
    ASSERT_THAT(sent, SizeIs(3));
    EXPECT_EQ(sent[1].follows, first);
    EXPECT_EQ(sent[2].follows, second);
    script.refuse(first, ErrorCode::not_allowed);
    script.refuse(second, ErrorCode::follows_refused);
    script.refuse(third, ErrorCode::follows_refused);
    EXPECT_THAT(script.texts("d1"), ElementsAre("one", "two", "three")) << "each stands until it is answered";
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(5)) << "and what followed goes on";
}

TEST_F(RestoreDirect, WhatTheServerToldLastIsShownAsBeforeUntilItsConversationIsLost) {
    script.give({talks_in("d1", 2)});
    script.reconnect();
    const std::int64_t head = 3 + 2 * limits::restore_jump;
    auto state = script.state("d1", head);
    auto& payload = std::get<protocol::ConversationState>(state.payload);
    payload.summary = talk_with_you();
    payload.restored_from = 1;
    payload.last = protocol::Preview{Script::id_of(3), head, AccountId("me"), "mine", script.now().wall};
    payload.receipts = {{AccountId("you"), head, 1}};
    script.give({state});
    script.resumed("2:1", 2);
    ASSERT_EQ(script.view("d1").last->state, core::MessageState::delivered);
    // A backup of before the conversation was made, which nobody says at first.
    script.reconnect();
    script.resumed("4:1", 4);
    EXPECT_EQ(script.view("d1").last->state, core::MessageState::delivered);
    answer_changes(script, "me", {0, 2, 2, false, {*protocol::to_change(Script::joined("c1", 1))}});
    EXPECT_FALSE(script.view("d1").last) << "the row itself was never here";
}

TEST_F(RestoreDirect, WhatIsDeletedWhereItCameAgainIsGoneFromTheConversationThatIsLost) {
    script.give({talks_in("d1", 2), Script::pushed("d1", 3, Script::said("other")),
                 Script::pushed("d1", 4, Script::said("said twice")),
                 Script::pushed("d1", 5, Script::said("of another with this id", "me"))});
    script.reconnect();
    script.resumed("2:1", 2);
    // Its sender had no answer and sends it again, which makes the conversation under another name.
    auto again = Script::pushed("d2", 3, Script::said("said twice"));
    again.id = Script::id_of(4);
    script.give({talks_in("d2", 8 + limits::restore_jump), again});
    EXPECT_FALSE(script.view("d1").present);
    ASSERT_EQ(script.texts("d1").size(), 3u);
    auto deleted = Script::said("");
    deleted.deleted_by = AccountId("you");
    auto tombstone = Script::pushed("d2", 4, deleted, 3);
    tombstone.id = Script::id_of(4);
    script.give({tombstone});
    EXPECT_THAT(script.texts("d1"), ElementsAre("other", "of another with this id"));
    auto of_mine = Script::pushed("d2", 5, deleted);
    script.give({of_mine});
    EXPECT_THAT(script.texts("d1"), ElementsAre("other", "of another with this id"))
        << "an id belongs to its sender";
    EXPECT_EQ(script.view("d1").last->text, "of another with this id");
    EXPECT_EQ(script.core().check(), std::nullopt);
}

}  // namespace
}  // namespace parley::test
