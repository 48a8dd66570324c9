// Pinned messages: their rows, and how they are shown until these come.

#include "tests/unit/core/edits_script.hpp"
#include "tests/unit/core/streams_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using protocol::PinChanged;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Pins : public Edits {
  protected:
    static PinChanged row(std::int64_t message, bool removed = false) {
        return {.message = message,
                .id = Script::id_of(message),
                .sender = AccountId("you"),
                .by = AccountId("they"),
                .removed = removed};
    }
    void push_row(std::int64_t seq, PinChanged pin, std::optional<std::int64_t> born = {}) {
        script.give({Script::pushed("c1", seq, std::move(pin), born)});
    }
    Uuid pin(const Uuid& message, bool remove = false, std::optional<AccountId> sender = AccountId("you")) {
        return script.submit(protocol::MessagePin{.target = to_stream(StreamId("c1")),
                                                  .message = message,
                                                  .sender = std::move(sender),
                                                  .remove = remove});
    }
    /// "4 late" for each: its place, what it says where that is held, a + where the pin still waits.
    std::vector<std::string> shown() {
        std::vector<std::string> all;
        const auto pins = script.core().pins(StreamId("c1"));
        for (const auto& one : *pins)
            all.push_back(std::to_string(one.born) + (one.message ? " " + one.message->text : "") +
                          (one.changing ? "+" : ""));
        return all;
    }
};

TEST_F(Pins, StandInTheOrderOfPinning) {
    push(1, Script::said("hello"));
    push(2, Script::said("rules"));
    push_row(3, row(2));
    script.forget();
    push_row(4, row(1));
    EXPECT_THAT(script.noticed<core::ConversationTouched>(), SizeIs(1));
    EXPECT_THAT(shown(), ElementsAre("2 rules", "1 hello"));
    EXPECT_EQ(script.core().pins(StreamId("c1"))->at(0).by, AccountId("they"));
    EXPECT_EQ(script.view("c1").unread, 2) << "they are no messages";
    EXPECT_THAT(script.texts("c1"), ElementsAre("hello", "rules"));
    push_row(5, row(2, true), 3);
    EXPECT_THAT(shown(), ElementsAre("1 hello"));
    push_row(3, row(2));
    EXPECT_THAT(shown(), ElementsAre("1 hello")) << "what comes late brings nothing back";
    push_row(6, row(2), 3);
    EXPECT_THAT(shown(), ElementsAre("1 hello", "2 rules")) << "pinned anew it is the last";
    push(7, edited("new rules"), 2);
    EXPECT_THAT(shown(), ElementsAre("1 hello", "2 new rules"));
    script.disconnect();
    script.open();
    EXPECT_THAT(shown(), ElementsAre("1 hello", "2 new rules")) << "it is in the database";
}

TEST_F(Pins, AreShownBeforeTheirMessageIsHeld) {
    push_row(5, row(4));
    EXPECT_THAT(shown(), ElementsAre("4"));
    push(4, Script::said("late"));
    EXPECT_THAT(shown(), ElementsAre("4 late"));
}

TEST_F(Pins, GoWithTheirMessageAndDoNotComeBack) {
    push(1, Script::said("hello"));
    push(2, Script::said("stays"));
    push_row(3, row(1));
    push_row(4, row(2));
    push(5, tombstone(), 1);
    EXPECT_THAT(shown(), ElementsAre("2 stays"));
    push_row(3, row(1));
    EXPECT_THAT(shown(), ElementsAre("2 stays"));
    EXPECT_EQ(script.database().number("SELECT count(*) FROM stream_row WHERE message > 0"), 1);
}

TEST_F(Pins, OnesOwnIsShownAtOnceAsIsUnpinning) {
    push(1, Script::said("hello"));
    push(2, Script::said("rules"));
    push_row(3, row(1));
    script.disconnect();
    pin(Script::id_of(2));
    EXPECT_THAT(shown(), ElementsAre("1 hello", "2 rules+"));
    pin(Script::id_of(1), true);
    EXPECT_THAT(shown(), ElementsAre("2 rules+"));
    pin(Script::id_of(2), true);
    EXPECT_THAT(shown(), IsEmpty());
    script.forget();
    script.reconnect();
    EXPECT_THAT(script.sent_of<protocol::MessagePin>(), SizeIs(3));
}

TEST_F(Pins, WhatIsRefusedIsNotShown) {
    push(1, Script::said("hello"));
    const Uuid command = pin(Script::id_of(1));
    EXPECT_THAT(shown(), ElementsAre("1 hello+"));
    script.refuse(command, ErrorCode::not_allowed);
    EXPECT_THAT(shown(), IsEmpty());
    EXPECT_THAT(*script.core().outbox(), SizeIs(1)) << "until somebody has seen it";
}

TEST_F(Pins, OfAnOwnMessageThatWaitsIsShownWithIt) {
    script.disconnect();
    const Uuid own = script.say("c1", "soon");
    pin(own, false, std::nullopt);
    EXPECT_THAT(shown(), ElementsAre("0 soon+"));
}

class PinsOfAge : public Streams {};

TEST_F(PinsOfAge, ComeWithTheSettingsToWhoJumps) {
    script.give({script.state("c1", 50'000)});
    answer_page({.from = 49'000, .to = 50'000, .as_of = 50'000, .more_before = true, .rows = {}});
    const auto asked = last_asked<protocol::Rows>();
    EXPECT_EQ(asked.kind, protocol::RowKind::settings);
    const PinChanged old{
        .message = 40'000, .id = Script::id_of(1), .sender = AccountId("you"), .by = AccountId("they")};
    answer<protocol::Rows>(protocol::RowsOk{50'000, false, {Script::row(40'001, old)}});
    const auto pins = script.core().pins(StreamId("c1"));
    ASSERT_THAT(*pins, SizeIs(1));
    EXPECT_EQ(pins->at(0).born, 40'000);
    EXPECT_FALSE(pins->at(0).message);
}

}  // namespace
}  // namespace parley::test
