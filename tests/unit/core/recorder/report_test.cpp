// Reports that people saved, as tests: what should have been true, said of a core that plays them.

#include "tests/support/failing_database.hpp"
#include "tests/support/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::SizeIs;

/// An example: ada registers, tells bob something, reads his answer, says one more thing while she is
/// offline; six calls of `parley`, saved with `parley report`. It begins with an empty database.
TEST(Reports, TwoPeopleTalk) {
    FailingDatabase database;
    std::vector<core::MessageView> last_seen;
    std::size_t waiting_most = 0;
    const auto look = [&](core::Client& core, const core::Played&) {
        const auto list = core.conversations(0, 10);
        ASSERT_TRUE(list);
        if (list->empty() || list->front().pending) return;
        ASSERT_THAT(*list, SizeIs(1)) << "the conversation is shown twice";
        const auto window = core.window(list->front().stream, {.limit = 10});
        ASSERT_TRUE(window);
        last_seen = window->messages;
        waiting_most = std::max(waiting_most, core.outbox()->size());
    };
    const Replayed replayed =
        replay_file(reports() / "two-people-talk.jsonl", {.database = &database, .look = look});
    EXPECT_EQ(replayed.broken, std::nullopt);
    EXPECT_GT(replayed.steps, 50u);
    EXPECT_GE(waiting_most, 1u);

    // "Shall we meet at eight?", "Yes, at the harbour.", "Good."
    const auto said = [](std::size_t size, bool own) {
        return ::testing::AllOf(Field(&core::MessageView::text, SizeIs(size)),
                                Field(&core::MessageView::own, own));
    };
    EXPECT_THAT(last_seen, ElementsAre(said(23, true), said(20, false), said(5, true)));
}

}  // namespace
}  // namespace parley::test
