// Servers that were restored more than once, from backups of different pasts.

#include "tests/unit/core/restore_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::SizeIs;

using RestoreAgain = Streams;

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
    const auto start_again = [&] {
        script.open();
        script.forget();
        script.connect();
        script.auth_ok();
    };
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

}  // namespace
}  // namespace parley::test
