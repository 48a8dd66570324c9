// History that was left behind by a jump, and a server that was restored.

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

}  // namespace
}  // namespace parley::test
