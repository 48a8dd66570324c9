// Reactions: their rows, how they are shown until these come, and pages that come in parts.

#include "tests/unit/core/edits_script.hpp"
#include "tests/unit/core/streams_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using protocol::ReactionChanged;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string thumb = "\U0001F44D";
const std::string tada = "\U0001F389";

class Reactions : public Edits {
  protected:
    static ReactionChanged by(const std::string& who, std::int64_t message,
                              std::optional<std::string> emoji = thumb) {
        return {.message = message, .account = AccountId(who), .emoji = std::move(emoji)};
    }
    void push_row(std::int64_t seq, ReactionChanged reaction, std::optional<std::int64_t> born = {}) {
        script.give({Script::pushed("c1", seq, std::move(reaction), born)});
    }
    /// "👍2*" for each emoji: its count, an asterisk where one is among them, a + where that still waits.
    std::vector<std::string> shown(std::size_t message = 0) {
        std::vector<std::string> all;
        const auto messages = window();
        for (const auto& one : messages.at(message).reactions)
            all.push_back(one.emoji + std::to_string(one.count) + (one.own ? "*" : "") +
                          (one.changing ? "+" : ""));
        return all;
    }
    Uuid react(const Uuid& message, const std::string& emoji, bool remove = false,
               std::optional<AccountId> sender = AccountId("you")) {
        return script.submit(protocol::MessageReact{.target = to_stream(StreamId("c1")),
                                                    .message = message,
                                                    .sender = std::move(sender),
                                                    .emoji = emoji,
                                                    .remove = remove});
    }
    void reacted(const Uuid& command, std::optional<std::int64_t> seq, std::optional<std::int64_t> born) {
        protocol::Envelope envelope;
        envelope.re = command;
        if (seq) envelope.stream = StreamId("c1");
        envelope.seq = seq;
        envelope.timestamp = WallTime{1'700'000'000'000};
        envelope.payload = protocol::MessageReacted{.born = born};
        script.give({envelope});
    }
    std::int64_t rows() {
        return script.database().number("SELECT count(*) FROM stream_row WHERE message > 0");
    }
};

TEST_F(Reactions, AreCountedByEmojiTheEarliestFirst) {
    push(1, Script::said("hello"));
    push_row(2, by("they", 1, tada));
    script.forget();
    push_row(3, by("you", 1));
    EXPECT_THAT(script.noticed<core::ConversationTouched>(), SizeIs(1));
    push_row(4, by("me", 1));
    EXPECT_THAT(shown(), ElementsAre(tada + "1", thumb + "2*"));
    EXPECT_THAT(window()[0].reactions[1].accounts, ElementsAre(AccountId("you"), AccountId("me")));
    EXPECT_EQ(script.view("c1").unread, 1) << "they are no messages";
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello"));
    push_row(5, by("you", 1, std::nullopt), 3);
    EXPECT_THAT(shown(), ElementsAre(tada + "1", thumb + "1*"));
    push_row(3, by("you", 1));
    EXPECT_THAT(shown(), ElementsAre(tada + "1", thumb + "1*")) << "what comes late brings nothing back";
    push_row(6, by("you", 1, tada), 3);
    EXPECT_THAT(shown(), ElementsAre(tada + "2", thumb + "1*"));
}

TEST_F(Reactions, AReactionIsHeldUntilItsMessageComes) {
    push_row(5, by("they", 4));
    EXPECT_THAT(window(), IsEmpty());
    push(4, Script::said("late"));
    EXPECT_THAT(shown(), ElementsAre(thumb + "1"));
}

TEST_F(Reactions, GoWithTheirMessageAndDoNotComeBack) {
    push(1, Script::said("hello"));
    push(2, Script::said("stays"));
    push_row(3, by("they", 1));
    push_row(4, by("they", 2));
    push(5, edited("hi"), 1);
    EXPECT_THAT(shown(0), ElementsAre(thumb + "1")) << "an edit keeps them";
    push(6, tombstone(), 1);
    EXPECT_THAT(shown(0), IsEmpty());
    EXPECT_THAT(shown(1), ElementsAre(thumb + "1"));
    EXPECT_EQ(rows(), 1);
    push_row(3, by("they", 1));
    EXPECT_EQ(rows(), 1);
}

TEST_F(Reactions, AnOwnOneIsShownAtOnceAndTheLastIntentionIsSent) {
    push(1, Script::said("hello"));
    const Uuid message = Script::id_of(1);
    script.disconnect();
    react(message, thumb);
    EXPECT_THAT(shown(), ElementsAre(thumb + "1*+"));
    react(message, tada);
    react(message, thumb, true);
    EXPECT_THAT(shown(), ElementsAre(tada + "1*+"));
    EXPECT_THAT(*script.core().outbox(), SizeIs(2));
    react(message, thumb);
    EXPECT_THAT(*script.core().outbox(), SizeIs(2));
    script.open();
    EXPECT_THAT(shown(), ElementsAre(tada + "1*+", thumb + "1*+"));
    script.forget();
    script.connect();
    script.auth_ok();
    script.resumed();
    const auto sent = script.sent_of<protocol::MessageReact>();
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_FALSE(std::get<protocol::MessageReact>(sent[1].payload).remove);
}

TEST_F(Reactions, WhatIsDoneIsShownBeforeItsRowComes) {
    push(1, Script::said("hello"));
    const Uuid command = react(Script::id_of(1), thumb);
    reacted(command, 2, 2);
    EXPECT_THAT(shown(), ElementsAre(thumb + "1*"));
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    push_row(2, by("me", 1));
    EXPECT_THAT(shown(), ElementsAre(thumb + "1*"));
    const Uuid removal = react(Script::id_of(1), thumb, true);
    EXPECT_THAT(shown(), IsEmpty());
    reacted(removal, 3, 2);
    EXPECT_THAT(shown(), IsEmpty());
    EXPECT_EQ(rows(), 1);
    // Another device has taken one back, and the row that says so is still to come.
    push_row(4, by("me", 1, tada), 2);
    const Uuid again = react(Script::id_of(1), tada, true);
    reacted(again, std::nullopt, std::nullopt);
    EXPECT_THAT(shown(), IsEmpty());
    push_row(5, by("me", 1, std::nullopt), 2);
    EXPECT_THAT(shown(), IsEmpty());
}

TEST_F(Reactions, ThoseThatWaitGoWithTheirMessage) {
    push(1, Script::said("hello"));
    script.disconnect();
    react(Script::id_of(1), thumb);
    script.forget();
    script.reconnect();
    const auto sent = script.sent_of<protocol::MessageReact>();
    ASSERT_THAT(sent, SizeIs(1));
    script.refuse(*sent[0].id, ErrorCode::message_deleted);
    EXPECT_THAT(*script.core().outbox(), IsEmpty()) << "nobody misses it";
    EXPECT_EQ(script.noticed<core::CommandSettled>().back().failure->code, ErrorCode::message_deleted);
    // One's own that nobody has heard of.
    script.disconnect();
    const Uuid own = script.say("c1", "typo");
    react(own, tada, false, std::nullopt);
    EXPECT_THAT(shown(1), ElementsAre(tada + "1*+"));
    erase(own);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(Reactions, ThoseUnderWayAreNotShownOnAMessageThatIsGoingToBeDeleted) {
    const Uuid own = script.say("c1", "typo");
    react(own, tada, false, std::nullopt);
    EXPECT_THAT(shown(), ElementsAre(tada + "1*+"));
    erase(own);
    ASSERT_TRUE(window().at(0).deleted);
    EXPECT_THAT(shown(), IsEmpty());
}

TEST_F(Reactions, WhatIsNoEmojiIsNotTaken) {
    push(1, Script::said("hello"));
    const auto taken = script.core().submit(
        protocol::MessageReact{
            .target = to_stream(StreamId("c1")), .message = Script::id_of(1), .emoji = "yes"},
        script.now());
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::invalid);
    EXPECT_EQ(taken.error().field, "emoji");
}

class ReactionPages : public Streams {};

TEST_F(ReactionPages, AMessageWithMoreThanAPageIsAskedForInPartsAndCoveredByTheLast) {
    script.give({script.state("c1", 50'000)});
    const auto newest = last_asked<protocol::Page>();
    ASSERT_EQ(newest.before, 0);
    const auto reaction = [](std::int64_t born, const std::string& who) {
        return Script::row(born,
                           ReactionChanged{.message = 40'000, .account = AccountId(who), .emoji = thumb});
    };
    protocol::PageOk part{.from = 50'001,
                          .to = 50'000,
                          .as_of = 50'000,
                          .more_before = true,
                          .rows = {Script::row(40'000, Script::said("much loved")), reaction(40'001, "a")}};
    part.rest = {.message = 40'000, .after = 40'001};
    answer_page(part);
    auto rest = newest;
    rest.rest = part.rest;
    EXPECT_EQ(last_asked<protocol::Page>(), rest);
    EXPECT_EQ(script.database().number("SELECT newest_owed FROM conversation WHERE stream = 'c1'"), 1);
    part.rows = {reaction(40'002, "b")};
    part.rest = {.message = 40'000, .after = 40'002};
    answer_page(part);
    EXPECT_EQ(last_asked<protocol::Page>().rest, part.rest);
    part.from = 40'000;
    part.rows = {reaction(40'003, "c")};
    part.rest.reset();
    answer_page(part);
    EXPECT_EQ(script.database().number("SELECT newest_owed FROM conversation WHERE stream = 'c1'"), 0);
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(1));
    EXPECT_EQ(window->messages[0].reactions.at(0).count, 3);
}

TEST_F(ReactionPages, APartThatBringsNothingNewIsNotAskedForAtOnceAgain) {
    script.give({script.state("c1", 50'000)});
    protocol::PageOk part{.from = 50'001, .to = 50'000, .as_of = 50'000, .rows = {}};
    part.rest = {.message = 40'000, .after = 40'001};
    answer_page(part);
    answer_page(part);
    const auto asked_so_far = asked<protocol::Page>().size();
    answer_page(part);
    EXPECT_EQ(asked<protocol::Page>().size(), asked_so_far) << "it waits";
}

}  // namespace
}  // namespace parley::test
