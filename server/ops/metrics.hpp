#pragma once

#include "base/time.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace parley::server {

/// A number that grows. Written by one thread, read by any.
class Counter {
  public:
    void add(std::int64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

/// How many observations lay at or below each of its bounds. Written by one thread, read by any.
class Histogram {
  public:
    static constexpr std::size_t bounds_max = 16;
    explicit Histogram(std::span<const std::int64_t> bounds) : bounds_(bounds) {}

    void observe(std::int64_t value) {
        std::size_t bucket = 0;
        while (bucket < bounds_.size() && value > bounds_[bucket])
            ++bucket;
        counts_[bucket].add();
        sum_.add(value);
    }

    std::span<const std::int64_t> bounds() const { return bounds_; }
    /// Of the bucket by itself, not cumulated; the last one is above all bounds.
    std::int64_t count(std::size_t bucket) const { return counts_[bucket].value(); }
    std::int64_t sum() const { return sum_.value(); }

  private:
    std::span<const std::int64_t> bounds_;  // ascending, of static storage
    std::array<Counter, bounds_max + 1> counts_;
    Counter sum_;
};

inline constexpr std::array<std::int64_t, 16> duration_bounds_us{
    100,    200,     500,     1'000,   2'000,     5'000,     10'000,    20'000,
    50'000, 100'000, 200'000, 500'000, 1'000'000, 2'000'000, 5'000'000, 10'000'000};
inline constexpr std::array<std::int64_t, 10> size_bounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

/// What one shard counts.
struct ShardMetrics {
    Counter connected;         ///< Connections ever opened …
    Counter disconnected;      ///< … and ended, by whichever side.
    Counter signed_in;         ///< Sessions that passed `auth`.
    Counter sign_ins_refused;  ///< Of tokens and passwords, on sockets and by HTTP.
    Counter replaced;          ///< Connections ended by a later one of the same device.
    Counter envelopes_in;
    Counter messages_in;   ///< `message.send`, accepted or not.
    Counter messages_out;  ///< Messages queued for those who did not write them, as they happened.
    Counter changes_out;   ///< Changes handed to connections: deliveries.
    Counter frames_out;
    Counter bytes_out;
    Counter errors_out;
    Counter resumes_fresh;  ///< Without a token: a new device.
    Counter resumes_continued;
    Counter resumes_fallen_back;  ///< Slow connections that the server put back to resuming.
    Counter resumes_finished;
    Counter resumes_cut_short;  ///< By the end of the connection, or by another resume on it.
    Counter reconnects;         ///< Connections whose first resume came with a token: devices that were here.
    Counter http_calls;
    Counter http_calls_refused;  ///< Without sign-in, of addresses that made too many.
    Counter queued_bytes;        ///< Waits in the queues of this shard's sessions; goes down as well.
    std::atomic<std::int64_t> unwalked_bytes{0};  ///< Of committed batches that wait for this shard.
    Histogram delivery_us{duration_bounds_us};    ///< Frame in to frame with the change handed to the kernel.
};

/// What the threads beside the shards count.
struct ProcessMetrics {
    Counter commits;
    Counter works;
    Counter commit_failures;
    Histogram commit_works{size_bounds};
    Histogram commit_us{duration_bounds_us};
    /// When the transaction under way began; 0: none is.
    std::atomic<Instant> writing_since{};
    std::atomic<std::int64_t> writes_queued{0};
    std::atomic<std::int64_t> writes_queued_bytes{0};
    std::atomic<std::int64_t> reads_queued{0};
    std::atomic<std::int64_t> hashes_queued{0};
    std::atomic<std::int64_t> bad_rows{0};
    Counter epochs_begun;
    Counter scrubbed_rows;
    Counter scrub_rounds;
    /// As ScrubTally has it.
    std::atomic<std::int64_t> damaged_rows{0};
    std::atomic<std::int64_t> damaged_pages{0};
};

/// What others count themselves.
struct OtherCounts {
    std::int64_t log_lines_dropped = 0;
    std::int64_t connections_refused = 0;
};

/// All of it in the text format of Prometheus.
std::string render_metrics(const ProcessMetrics& process, std::span<const ShardMetrics* const> shards,
                           const OtherCounts& others);

}  // namespace parley::server
