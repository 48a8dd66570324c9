#include "server/bus/writer_thread.hpp"

#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>

namespace parley::server::test {
namespace {

WriterReports nothing_told() {
    return {.publish = [](Batch) {},
            .failed = [](const Error&) {},
            .broken =
                [](const Error&) {
                }};
}

Work a_message(std::size_t bytes) {
    return {.origin = {},
            .command = protocol::MessageSend{.target = {}, .text = std::string(bytes, 'x')},
            .at = {}};
}

TEST(WriterThread, TakesNoMoreBytesThanMayWait) {
    World world;
    ProcessMetrics metrics;
    WriterThread writer({.queue_max = 1'000, .queue_bytes_max = 100'000}, world.store(), nothing_told(),
                        metrics);
    int taken = 0;
    while (taken < 1'000 && writer.submit(a_message(16'000)))
        ++taken;
    EXPECT_GE(taken, 4);
    EXPECT_LE(taken, 6);
    EXPECT_EQ(metrics.writes_queued.load(), taken);
    EXPECT_GT(metrics.writes_queued_bytes.load(), taken * 16'000);
    EXPECT_LE(metrics.writes_queued_bytes.load(), 100'000);
    writer.start();
    writer.finish();
    EXPECT_EQ(metrics.writes_queued_bytes.load(), 0);
}

TEST(WriterThread, TakesWhatIsLargerThanItsQueueWhereThatIsEmpty) {
    World world;
    ProcessMetrics metrics;
    WriterThread writer({.queue_max = 1'000, .queue_bytes_max = 1'000}, world.store(), nothing_told(),
                        metrics);
    EXPECT_TRUE(writer.submit(a_message(16'000)));
    EXPECT_FALSE(writer.submit(a_message(1)));
}

TEST(WriterThread, CommitsWhatHasQueuedUpInAsFewTransactionsAsItMay) {
    World world;
    ProcessMetrics metrics;
    std::size_t published = 0;
    WriterReports reports = nothing_told();
    reports.publish = [&](const Batch&) {
        ++published;
    };
    WriterThread writer({.batch_max = 4}, world.store(), std::move(reports), metrics);
    for (int i = 0; i < 10; ++i)
        ASSERT_TRUE(writer.submit(a_message(10)));
    writer.start();
    writer.finish();
    EXPECT_EQ(published, 3u);
    EXPECT_EQ(metrics.commits.value(), 3);
    EXPECT_EQ(metrics.works.value(), 10);
    EXPECT_EQ(metrics.commit_failures.value(), 0);
    EXPECT_EQ(metrics.commit_works.sum(), 10);
    // Bounds are 1, 2, 4: two of four and one of two.
    EXPECT_EQ(metrics.commit_works.count(0), 0);
    EXPECT_EQ(metrics.commit_works.count(1), 1);
    EXPECT_EQ(metrics.commit_works.count(2), 2);
    EXPECT_GT(metrics.commit_us.sum(), 0);
    EXPECT_EQ(metrics.writes_queued.load(), 0);
    EXPECT_FALSE(writer.submit(a_message(10))) << "it takes nothing more";
}

}  // namespace
}  // namespace parley::server::test
