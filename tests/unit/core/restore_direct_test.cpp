// Servers that were restored, and what is said to a person there.

#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/streams_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

using RestoreDirect = Streams;

/// The account's row that says that one talks to `you` in this conversation.
protocol::Envelope talks_in(const std::string& stream, std::int64_t account_seq) {
    protocol::Summary summary{protocol::ConversationKind::direct, std::nullopt, Script::member("you").profile,
                              2, protocol::Role::member};
    return Script::pushed("me", account_seq, protocol::Joined{StreamId(stream), 1, summary});
}

void answer_account(Script& script, const std::vector<protocol::Envelope>& rows) {
    const std::int64_t head = 9 + limits::restore_jump;
    protocol::ChangesOk changes{0, head, head, false, {}};
    for (const auto& row : rows)
        changes.rows.push_back(*protocol::to_change(row));
    for (const auto& one : script.sent_of<protocol::Changes>()) {
        if (std::get<protocol::Changes>(one.payload).stream == StreamId("me")) script.give(changes, one.id);
    }
}

TEST_F(RestoreDirect, WhatIsSaidToAPersonKeepsItsOrderWhereTheirConversationIsMadeAgain) {
    script.give({talks_in("d1", 2)});
    script.disconnect();
    const auto say_to_you = [&](const std::string& text) {
        return script.submit(protocol::MessageSend{to_peer(AccountId("you")), text, std::nullopt, {}});
    };
    const Uuid first = say_to_you("one");
    const Uuid there = script.say("d1", "to what is lost");
    script.reconnect();
    script.resumed("2:1", 2);
    // The other one has written since, which made it again under another name.
    script.give({talks_in("d2", 8 + limits::restore_jump)});
    EXPECT_THAT(script.texts("d1"), ElementsAre("to what is lost"));
    EXPECT_THAT(script.texts("d2"), ElementsAre("one"));
    const Uuid second = script.say("d2", "two");
    const Uuid third = say_to_you("three");
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
    const auto say_to_you = [&](const std::string& text) {
        return script.submit(protocol::MessageSend{to_peer(AccountId("you")), text, std::nullopt, {}});
    };
    const Uuid first = say_to_you("one");
    script.reconnect();
    script.resumed("2:1", 2);
    answer_account(script, {Script::joined("c1", 1)});
    EXPECT_FALSE(script.view("d1").present);
    EXPECT_THAT(script.texts("d1"), ElementsAre());
    const Uuid second = say_to_you("two");
    EXPECT_EQ(script.sent_of<protocol::MessageSend>().back().id, second);
    EXPECT_EQ(script.sent_of<protocol::MessageSend>().back().follows, first);
    EXPECT_EQ(script.core().check(), std::nullopt);
}

}  // namespace
}  // namespace parley::test
