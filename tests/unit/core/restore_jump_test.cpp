// History that was left behind by a jump or by a pull that was cut short, and a server that was restored.

#include "tests/unit/core/restore_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using JumpAfterRestore = Streams;

/// A device that holds "one" and "two" as of 2, and has jumped to 50,000 behind them.
class RestoreAfterJump : public Streams {
  protected:
    RestoreAfterJump() {
        push(1, "one");
        push(2, "two");
        script.reconnect();
        script.give({script.state("c1", 50'000)});
        answer<protocol::Changes>(protocol::ChangesOk{2, 50'000, 50'000, false, {}});
        pages_until_newest();
        answer_rows();
        answer_page({3, 49'999, 50'000, true, true, {}});
    }
};

/// A pull has brought what stands up to 5 of 7, when the server ends: the second message stands at 7, where
/// it was edited, and its turn has not come.
class RestoreAmidAPull : public Streams {
  protected:
    RestoreAmidAPull() {
        push(1, "one");
        script.reconnect();
        script.give({script.state("c1", 7)});
        answer_changes(script, "c1",
                       {1,
                        5,
                        7,
                        true,
                        {Script::row(3, Script::said("three")), Script::row(4, Script::said("four")),
                         Script::row(5, Script::said("five"))}});
    }
    /// The server comes back as it was then, when nobody had edited anything.
    void come_back(std::int64_t moment, std::vector<protocol::Change> rows) {
        const std::int64_t jumped = moment + limits::restore_jump;
        script.reconnect();
        ASSERT_EQ(last_asked<protocol::Changes>().after, 5) << "nothing has been told yet";
        const auto early = script.sent_of<protocol::Changes>().back().id;
        script.forget();
        script.give({restored_state(script, moment, jumped, 1)});
        script.resumed("2:1", 2);
        script.give(protocol::ChangesOk{5, jumped, jumped, false, {}}, early);
        answer_changes(script, "c1", {1, jumped, jumped, false, std::move(rows)});
    }
};

TEST_F(RestoreAfterJump, WhatHasChangedSinceThenSaysNothingOfWhatTwoRestoresMadeUncertain) {
    script.reconnect();
    // Before the state is told that speaks of the restores.
    const auto checks = script.sent_of<protocol::Page>();
    ASSERT_THAT(checks, SizeIs(1));
    ASSERT_EQ(last_asked<protocol::Page>().since, 2);
    const std::int64_t first = 50'000 + limits::restore_jump;
    const std::int64_t second = first + limits::restore_jump;
    script.give({restored_state(script, first, second, 1)});
    script.resumed("3:1", 3);
    script.forget();
    script.give(protocol::PageOk{1, 2, second, false, true, {}}, checks[0].id);
    const auto marked = [&] {
        std::vector<std::string> texts;
        const auto window = script.core().window(StreamId("c1"), {.before = 3, .limit = 10});
        for (const auto& message : window->messages) {
            EXPECT_TRUE(!message.not_on_server || message.in_doubt) << message.text;
            if (message.not_on_server) texts.push_back(message.text);
        }
        return texts;
    };
    EXPECT_THAT(marked(), ElementsAre("one", "two")) << "until they were looked up";
    answer_changes(script, "c1", {0, second, second, false, {}});
    EXPECT_EQ(last_asked<protocol::Page>().before, 3);
    answer_page({1,
                 2,
                 second,
                 false,
                 true,
                 {Script::row(1, Script::said("one")), Script::row(2, Script::said("two"))}});
    EXPECT_THAT(marked(), IsEmpty());
}

TEST_F(JumpAfterRestore, WhatAJumpLeftBehindIsCheckedFromWhereTheLastRestoreMadeItUncertain) {
    push(1, "one");
    push(2, "lost");
    const std::int64_t first = 1 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 1, first, 1)});
    script.resumed("2:1", 2);
    answer_changes(script, "me", {0, 1, 1, false, {*protocol::to_change(Script::joined("c1", 1))}});
    answer_changes(script, "c1", {1, first, first, false, {}});
    answer_rows();
    push(first + 50'000, "far ahead");
    ASSERT_EQ(last_asked<protocol::Changes>().after, first) << "the removals since the jump";
    // The second backup is of the past that the first restore ended, and made later than the first.
    script.reconnect();
    const std::int64_t second = 3 + 2 * limits::restore_jump;
    script.give({restored_state(script, 3, second, 1)});
    answer_changes(script, "c1", {first, second, second, false, {}});
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
    (void)script.core().window(StreamId("c1"), {.before = 2, .limit = 10});
    answer<protocol::Changes>(protocol::ChangesOk{1, second, second, false, {}});
    EXPECT_EQ(last_asked<protocol::Page>().to, 1);
    EXPECT_EQ(last_asked<protocol::Page>().since, 1);
}

TEST_F(JumpAfterRestore, WhatWasMadeUntilTheNumbersJumpedIsFetchedWhereTheServerDoesNotKnowFromWhereOn) {
    push(1, "one");
    push(2, "two");
    // A copy of the store was put back, went on from there, and found out later: "two" may be in it.
    const std::int64_t head = 50'000 + limits::restore_jump;
    const std::int64_t first = 1 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 1, head, 1)});
    script.resumed("2:1", 2);
    answer_changes(script, "me", {0, 1, 1, false, {*protocol::to_change(Script::joined("c1", 1))}});
    answer_changes(script, "c1", {1, head, head, false, {}});
    answer_page({head, head, head, true, false, {Script::row(head, Script::said("newest"))}});
    answer_rows();
    answer_page({first + 1, head - 1, head, true, true, {}});
    EXPECT_EQ(last_asked<protocol::Page>().before, 50'001);
    answer_page({2, 50'000, head, true, true, {Script::row(2, Script::said("two"))}});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two", "newest"));
    for (const auto& message : script.core().window(StreamId("c1"), {.limit = 10})->messages)
        EXPECT_FALSE(message.not_on_server) << message.text;
}

class NewestAfterRestore : public Streams {
  protected:
    std::int64_t acked() {
        script.wait(2000);
        std::int64_t upto = 0;
        for (const auto& ack : asked<protocol::Ack>())
            for (const auto& position : ack.streams)
                if (position.stream == StreamId("c1")) upto = std::max(upto, position.seq);
        return upto;
    }
};

TEST_F(NewestAfterRestore, IsNotAcknowledgedBeforeItIsThereWhereItsEditWasLost) {
    push(1, "one");
    push(2, "two");
    script.give({Script::pushed("c1", 3, Script::said("two, edited"), 2)});
    const std::int64_t jumped = 2 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 2, jumped, 1)});
    script.resumed("2:1", 2);
    EXPECT_EQ(acked(), 0) << "the text that the server has is not here";
    ASSERT_EQ(last_asked<protocol::Page>().before, 0);
    answer_page({1,
                 2,
                 jumped,
                 false,
                 false,
                 {Script::row(1, Script::said("one")), Script::row(2, Script::said("two"))}});
    answer_changes(script, "c1", {2, jumped, jumped, false, {}});
    EXPECT_EQ(acked(), jumped);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two"));
}

TEST_F(NewestAfterRestore, IsNotAcknowledgedBeforeItIsThereWhereAJumpLeftItBehind) {
    push(1, "one");
    script.reconnect();
    script.give({script.state("c1", 50'000)});
    answer<protocol::Changes>(protocol::ChangesOk{1, 50'000, 50'000, false, {}});
    pages_until_newest();
    const std::int64_t jumped = 40'000 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, 40'000, jumped, 1)});
    script.resumed("2:1", 2);
    answer<protocol::Rows>(protocol::RowsOk{jumped, false, {}});
    EXPECT_EQ(acked(), 0);
    ASSERT_EQ(last_asked<protocol::Page>().before, 0);
    answer_page({40'000, 40'000, jumped, true, false, {Script::row(40'000, Script::said("newest there"))}});
    answer_changes(script, "c1", {40'000, jumped, jumped, false, {}});
    EXPECT_EQ(acked(), jumped);
}

TEST_F(RestoreAmidAPull, WhatItLeftOutIsFetchedWhereItsEditWasLost) {
    come_back(4, {Script::row(2, Script::said("two")), Script::row(3, Script::said("three")),
                  Script::row(4, Script::said("four"))});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two", "three", "four", "five"));
}

TEST_F(RestoreAmidAPull, WhatItLeftOutIsFetchedWhereTheMomentIsOfLaterThanItGot) {
    come_back(6, {Script::row(2, Script::said("two")), Script::row(3, Script::said("three")),
                  Script::row(4, Script::said("four")), Script::row(5, Script::said("five")),
                  Script::row(6, Script::said("six"))});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two", "three", "four", "five", "six"));
}

}  // namespace
}  // namespace parley::test
