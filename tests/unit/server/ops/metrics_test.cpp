#include "server/ops/metrics.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parley::server {
namespace {

TEST(Metrics, CountPerShardAndCumulateHistograms) {
    ShardMetrics first;
    ShardMetrics second;
    ProcessMetrics process;
    first.connected.add(5);
    first.disconnected.add(2);
    second.connected.add();
    second.resumes_fallen_back.add(4);
    second.resumes_cut_short.add(5);
    first.reconnects.add(6);
    first.messages_out.add(7);
    first.delivery_us.observe(1'000);
    first.delivery_us.observe(3'000);
    first.delivery_us.observe(99'999'000);
    process.commit_works.observe(7);
    process.writes_queued_bytes = 6;
    first.unwalked_bytes = 5;
    const std::vector<const ShardMetrics*> shards{&first, &second};
    const std::string text =
        render_metrics(process, shards, {.log_lines_dropped = 3, .connections_refused = 8});
    for (const char* line :
         {"parley_connections{shard=\"0\"} 3\n", "parley_connections{shard=\"1\"} 1\n",
          "parley_resumes_total{outcome=\"fallen_back\"} 4\n",
          "parley_resumes_total{outcome=\"cut_short\"} 5\n", "parley_reconnects_total{shard=\"0\"} 6\n",
          "parley_messages_out_total{shard=\"0\"} 7\n",
          "parley_delivery_seconds_bucket{shard=\"0\",le=\"0.001\"} 1\n",
          "parley_delivery_seconds_bucket{shard=\"0\",le=\"0.005\"} 2\n",
          "parley_delivery_seconds_bucket{shard=\"0\",le=\"+Inf\"} 3\n",
          "parley_delivery_seconds_count{shard=\"0\"} 3\n", "parley_commit_works_bucket{le=\"8\"} 1\n",
          "# TYPE parley_delivery_seconds histogram\n", "parley_write_queue 0\n",
          "parley_write_queue_bytes 6\n", "parley_batch_queue_bytes{shard=\"0\"} 5\n",
          "parley_log_lines_dropped_total 3\n", "parley_connections_refused_total 8\n"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
    }
}

TEST(Histogram, PutsABoundIntoItsOwnBucket) {
    Histogram histogram(duration_bounds_us);
    for (const std::int64_t bound : duration_bounds_us)
        histogram.observe(bound);
    for (std::size_t i = 0; i < duration_bounds_us.size(); ++i)
        EXPECT_EQ(histogram.count(i), 1);
    EXPECT_EQ(histogram.count(duration_bounds_us.size()), 0);
}

}  // namespace
}  // namespace parley::server
