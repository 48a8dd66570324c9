// Whom the person has blocked: what waits, what the server has, and what follows for views, counts and
// receipts.

#include "tests/unit/core/script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using core::MessageState;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Live, in the group c1 with "you" and "they".
class Blocks : public testing::Test {
  protected:
    Blocks() {
        script.go_live();
        script.join("c1");
        script.give({Script::pushed("c1", 1, Script::member("me", true, 1)),
                     Script::pushed("c1", 2, Script::member("you", true, 1)),
                     Script::pushed("c1", 3, Script::member("they", true, 1))});
        script.forget();
    }

    Uuid block(bool blocked = true, const std::string& whom = "you") {
        return script.submit(protocol::BlockSet{.account = AccountId(whom), .blocked = blocked});
    }
    void row(std::int64_t seq, bool blocked, const std::string& whom = "you",
             std::optional<std::int64_t> born = {}) {
        script.give({Script::pushed(
            "me", seq, protocol::BlockChanged{.account = AccountId(whom), .blocked = blocked}, born)});
    }
    void done(const Uuid& command, std::optional<std::int64_t> seq) {
        protocol::Envelope envelope;
        envelope.re = command;
        if (seq) envelope.stream = StreamId("me");
        envelope.seq = seq;
        envelope.timestamp = WallTime{1'700'000'000'000 + seq.value_or(0)};
        envelope.payload = protocol::Done{};
        script.give({envelope});
    }
    void push(std::int64_t seq, const std::string& by = "you") {
        script.give({Script::pushed("c1", seq, Script::said("text", by))});
    }
    void counts(std::int64_t account_seq, std::int64_t unread, std::int64_t conversation) {
        script.give({Script::pushed("me", account_seq,
                                    protocol::ReadChanged{.conversation = StreamId("c1"),
                                                          .upto = 0,
                                                          .unread = unread,
                                                          .as_of = {conversation, account_seq}})});
    }
    void receipt(const std::string& stream, protocol::Receipt what) {
        protocol::Envelope envelope;
        envelope.stream = StreamId(stream);
        envelope.payload = std::move(what);
        script.give({envelope});
    }
    /// Who is listed as blocked, and whether that waits.
    std::vector<std::pair<std::string, bool>> listed() {
        std::vector<std::pair<std::string, bool>> all;
        const auto blocked = script.core().blocked();
        EXPECT_TRUE(blocked);
        for (const auto& one : *blocked)
            all.emplace_back(one.account.text(), one.changing);
        return all;
    }
    std::vector<bool> marked(const std::string& stream = "c1") {
        std::vector<bool> all;
        const auto window = script.core().window(StreamId(stream), {.limit = 100});
        EXPECT_TRUE(window);
        for (const auto& message : window->messages)
            all.push_back(message.blocked);
        script.take();
        return all;
    }
    MessageState state_of(const std::string& stream, std::int64_t born) {
        const auto window = script.core().window(StreamId(stream), {.limit = 100});
        script.take();
        for (const auto& message : window->messages)
            if (message.born == born) return message.state;
        ADD_FAILURE() << "there is no message " << born;
        return MessageState::failed;
    }

    Script script;
};

TEST_F(Blocks, AreShownAtOnceAndStayOnceTheyAreAccepted) {
    push(4);
    push(5, "they");
    script.forget();
    const Uuid command = block();
    EXPECT_EQ(script.sent_of<protocol::BlockSet>().size(), 1u);
    EXPECT_FALSE(script.noticed<core::ConversationTouched>().empty()) << "windows show another thing";
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("you", true)));
    EXPECT_THAT(marked(), ElementsAre(true, false));
    done(command, 2);
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("you", false))) << "before the row has come";
    row(2, true);
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("you", false)));
    const auto members = script.core().members(StreamId("c1"));
    ASSERT_TRUE(members);
    for (const auto& member : *members)
        EXPECT_EQ(member.blocked, member.profile.account == AccountId("you"));
    script.open();
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("you", false))) << "after a restart";
    EXPECT_THAT(marked(), ElementsAre(true, false));
}

TEST_F(Blocks, AreTakenBackWhereTheyAreRefused) {
    push(4);
    const Uuid command = block();
    EXPECT_THAT(marked(), ElementsAre(true));
    script.forget();
    script.refuse(command, ErrorCode::limit);
    EXPECT_FALSE(script.noticed<core::ConversationTouched>().empty());
    EXPECT_THAT(listed(), IsEmpty());
    EXPECT_THAT(marked(), ElementsAre(false));
}

TEST_F(Blocks, EndAndStandInTheOrderInWhichTheyWereMade) {
    row(2, true, "you");
    row(3, true, "they");
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("you", false), testing::Pair("they", false)));
    row(4, false, "you", 2);
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("they", false)));
    row(5, true, "you", 2);
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("they", false), testing::Pair("you", false)));
    row(4, false, "you", 2);
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("they", false), testing::Pair("you", false)))
        << "an older state";
    block(false, "they");
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("you", false))) << "what waits is shown";
}

TEST_F(Blocks, MessagesOfTheBlockedDoNotCount) {
    push(4);
    push(5, "they");
    EXPECT_EQ(script.view("c1").unread, 2);
    row(2, true);
    counts(3, 1, 5);
    EXPECT_EQ(script.view("c1").unread, 1);
    push(6);
    EXPECT_EQ(script.view("c1").unread, 1);
    push(7, "they");
    EXPECT_EQ(script.view("c1").unread, 2);
    auto gone = Script::said("", "you");
    gone.deleted_by = AccountId("you");
    script.give({Script::pushed("c1", 8, gone, 4)});
    EXPECT_EQ(script.view("c1").unread, 2) << "the server's counts did not include it";
    row(4, false, "you", 2);
    counts(5, 3, 8);
    EXPECT_EQ(script.view("c1").unread, 3) << "what the server says behind it";
    script.open();
    EXPECT_EQ(script.view("c1").unread, 3) << "after a restart";
}

TEST_F(Blocks, InAGroupTheBlockedHaveNoSayInReceipts) {
    const Uuid id = script.say("c1", "mine");
    script.accept(id, "c1", 4);
    receipt("c1", {AccountId("they"), 4, 4});
    EXPECT_EQ(state_of("c1", 4), MessageState::sent) << "one has not read it";
    row(2, true);
    EXPECT_EQ(state_of("c1", 4), MessageState::read);
    row(3, false, "you", 2);
    EXPECT_EQ(state_of("c1", 4), MessageState::read) << "states never go back";
    const Uuid next = script.say("c1", "mine");
    script.accept(next, "c1", 5);
    receipt("c1", {AccountId("they"), 5, 5});
    EXPECT_EQ(state_of("c1", 5), MessageState::sent);
}

TEST_F(Blocks, ReceiptsSayFromWhereOnTheySpeak) {
    protocol::Summary summary{
        protocol::ConversationKind::direct, {}, Script::member("you").profile, 2, protocol::Role::member};
    script.give({Script::pushed("me", 2, protocol::Joined{StreamId("c2"), 1, summary})});
    std::int64_t place = 0;
    for (int i = 0; i < 3; ++i)
        script.accept(script.say("c2", "mine"), "c2", ++place);
    receipt("c2", {AccountId("you"), 1, 1});
    EXPECT_EQ(state_of("c2", 1), MessageState::read);
    for (const bool restarted : {false, true}) {
        if (restarted) script.open();
        receipt("c2", {AccountId("you"), 3, 3, 3});
        EXPECT_EQ(state_of("c2", 1), MessageState::read);
        EXPECT_EQ(state_of("c2", 2), MessageState::sent) << "he never saw it";
        EXPECT_EQ(state_of("c2", 3), MessageState::read);
    }
}

TEST_F(Blocks, ADirectConversationSaysThatItsPersonIsBlocked) {
    protocol::Summary summary{
        protocol::ConversationKind::direct, {}, Script::member("you").profile, 2, protocol::Role::member};
    script.give({Script::pushed("me", 2, protocol::Joined{StreamId("c2"), 1, summary})});
    EXPECT_FALSE(script.view("c2").blocked);
    row(3, true);
    EXPECT_TRUE(script.view("c2").blocked);
    EXPECT_FALSE(script.view("c1").blocked);
}

TEST_F(Blocks, WhoIsBlockedIsNotShownAsTyping) {
    row(2, true);
    script.core().look({StreamId("c1")}, script.now());
    script.take();
    protocol::Envelope envelope;
    envelope.stream = StreamId("c1");
    envelope.payload =
        protocol::TypingChanged{.account = AccountId("you"), .kind = protocol::TypingKind::text};
    script.give({envelope});
    EXPECT_THAT(script.view("c1").typing, IsEmpty()) << "it was under way";
}

TEST_F(Blocks, OfARestoredServerHoldWhatItSays) {
    row(2, true, "you");
    row(3, true, "they");
    script.reconnect();
    script.resumed("2:1", 2);
    EXPECT_THAT(listed(), UnorderedElementsAre(testing::Pair("you", false), testing::Pair("they", false)))
        << "until it has said so";
    const auto asked = script.sent_of<protocol::Changes>();
    ASSERT_FALSE(asked.empty());
    for (const auto& question : asked) {
        const auto& changes = std::get<protocol::Changes>(question.payload);
        if (changes.stream != StreamId("me")) continue;
        protocol::ChangesOk answer{.after = changes.after, .upto = 2, .head = 2};
        answer.rows.push_back(
            Script::row(2, protocol::BlockChanged{.account = AccountId("you"), .blocked = true}));
        protocol::Envelope envelope;
        envelope.re = question.id;
        envelope.stream = StreamId("me");
        envelope.payload = answer;
        script.give({envelope});
    }
    EXPECT_THAT(listed(), ElementsAre(testing::Pair("you", false)));
}

}  // namespace
}  // namespace parley::test
