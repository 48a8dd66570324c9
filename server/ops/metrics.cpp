#include "server/ops/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

namespace parley::server {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// Collects the families of one answer; a shard's numbers carry its number as a label.
class Families {
  public:
    explicit Families(std::span<const ShardMetrics* const> shards) : shards_(shards) {}

    void counter(const char* name, const char* help, Counter ShardMetrics::* field) {
        add_sharded(name, help, MetricType::Counter, [&](const ShardMetrics& shard, ClientMetric& metric) {
            metric.counter.value = static_cast<double>((shard.*field).value());
        });
    }

    template <class Read>
    void gauge(const char* name, const char* help, Read read) {
        add_sharded(name, help, MetricType::Gauge, [&](const ShardMetrics& shard, ClientMetric& metric) {
            metric.gauge.value = static_cast<double>(read(shard));
        });
    }

    void histogram(const char* name, const char* help, Histogram ShardMetrics::* field, double unit) {
        add_sharded(name, help, MetricType::Histogram, [&](const ShardMetrics& shard, ClientMetric& metric) {
            metric.histogram = histogram_of(shard.*field, unit);
        });
    }

    /// Several counters as one family, told apart by a label.
    void outcomes(const char* name, const char* help, const char* label,
                  std::initializer_list<std::pair<const char*, Counter ShardMetrics::*>> counters) {
        MetricFamily family = family_of(name, help, MetricType::Counter);
        for (const auto& [outcome, field] : counters) {
            std::int64_t sum = 0;
            for (const ShardMetrics* shard : shards_)
                sum += (shard->*field).value();
            ClientMetric metric;
            metric.label.push_back({label, outcome});
            metric.counter.value = static_cast<double>(sum);
            family.metric.push_back(std::move(metric));
        }
        families_.push_back(std::move(family));
    }

    void process_counter(const char* name, const char* help, std::int64_t value) {
        MetricFamily family = family_of(name, help, MetricType::Counter);
        family.metric.emplace_back().counter.value = static_cast<double>(value);
        families_.push_back(std::move(family));
    }

    void process_gauge(const char* name, const char* help, std::int64_t value) {
        MetricFamily family = family_of(name, help, MetricType::Gauge);
        family.metric.emplace_back().gauge.value = static_cast<double>(value);
        families_.push_back(std::move(family));
    }

    void process_histogram(const char* name, const char* help, const Histogram& histogram, double unit) {
        MetricFamily family = family_of(name, help, MetricType::Histogram);
        family.metric.emplace_back().histogram = histogram_of(histogram, unit);
        families_.push_back(std::move(family));
    }

    std::string text() const { return prometheus::TextSerializer{}.Serialize(families_); }

  private:
    static MetricFamily family_of(const char* name, const char* help, MetricType type) {
        MetricFamily family;
        family.name = name;
        family.help = help;
        family.type = type;
        return family;
    }

    template <class Fill>
    void add_sharded(const char* name, const char* help, MetricType type, Fill fill) {
        MetricFamily family = family_of(name, help, type);
        for (std::size_t i = 0; i < shards_.size(); ++i) {
            ClientMetric metric;
            metric.label.push_back({"shard", std::to_string(i)});
            fill(*shards_[i], metric);
            family.metric.push_back(std::move(metric));
        }
        families_.push_back(std::move(family));
    }

    /// `unit`: what one of the histogram's units is in those of the metric.
    static ClientMetric::Histogram histogram_of(const Histogram& histogram, double unit) {
        ClientMetric::Histogram made;
        std::int64_t cumulated = 0;
        for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
            cumulated += histogram.count(i);
            ClientMetric::Bucket bucket;
            bucket.cumulative_count = static_cast<std::uint64_t>(cumulated);
            bucket.upper_bound = i < histogram.bounds().size()
                                     ? static_cast<double>(histogram.bounds()[i]) * unit
                                     : std::numeric_limits<double>::infinity();
            made.bucket.push_back(bucket);
        }
        made.sample_count = static_cast<std::uint64_t>(cumulated);
        made.sample_sum = static_cast<double>(histogram.sum()) * unit;
        return made;
    }

    std::span<const ShardMetrics* const> shards_;
    std::vector<MetricFamily> families_;
};

void add_sessions(Families& all) {
    using M = ShardMetrics;
    all.gauge("parley_connections", "Open connections.",
              [](const M& m) { return m.connected.value() - m.disconnected.value(); });
    all.counter("parley_connections_opened_total", "Connections ever opened.", &M::connected);
    all.counter("parley_reconnects_total",
                "Connections of devices that had been here: they resumed with a token.", &M::reconnects);
    all.counter("parley_sign_ins_total", "Connections that signed in.", &M::signed_in);
    all.counter("parley_sign_ins_refused_total",
                "Sign-ins refused: access tokens on sockets, passwords and refresh tokens by HTTP.",
                &M::sign_ins_refused);
    all.counter("parley_replaced_total", "Connections ended by a later one of the same device.",
                &M::replaced);
    all.counter("parley_envelopes_in_total", "Envelopes received.", &M::envelopes_in);
    all.counter("parley_messages_in_total", "Messages received for sending.", &M::messages_in);
    all.counter("parley_messages_out_total",
                "Messages queued for live connections of those who did not send them.", &M::messages_out);
    all.counter("parley_deliveries_total", "Changes and receipts queued for connections.", &M::changes_out);
    all.counter("parley_frames_out_total", "Frames written.", &M::frames_out);
    all.counter("parley_bytes_out_total", "Bytes in frames written.", &M::bytes_out);
    all.counter("parley_errors_out_total", "Refusals sent on sockets.", &M::errors_out);
    all.counter("parley_http_calls_total", "HTTP calls.", &M::http_calls);
    all.counter("parley_http_calls_refused_total",
                "Calls without sign-in that were refused, since their address had made too many.",
                &M::http_calls_refused);
    all.gauge("parley_session_queue_bytes", "What waits for slow connections.",
              [](const M& m) { return m.queued_bytes.value(); });
    all.gauge("parley_batch_queue_bytes", "Committed batches that wait to be told to connections, about.",
              [](const M& m) { return m.unwalked_bytes.load(std::memory_order_relaxed); });
    all.outcomes(
        "parley_resumes_total",
        "Resumes by how they began (fresh, continued, fallen_back) and how they ended (finished: live; "
        "cut_short: by the end of the connection or another resume).",
        "outcome",
        {{"fresh", &M::resumes_fresh},
         {"continued", &M::resumes_continued},
         {"fallen_back", &M::resumes_fallen_back},
         {"finished", &M::resumes_finished},
         {"cut_short", &M::resumes_cut_short}});
    all.histogram(
        "parley_delivery_seconds",
        "From the frame with a message to its change with the kernel, per frame out, by the oldest in it; "
        "what a device resumes from the store is not in it.",
        &M::delivery_us, 1e-6);
}

void add_process(Families& all, const ProcessMetrics& process) {
    all.process_counter("parley_commits_total", "Transactions committed.", process.commits.value());
    all.process_counter("parley_works_total", "Pieces of work decided.", process.works.value());
    all.process_counter("parley_commit_failures_total", "Transactions that failed.",
                        process.commit_failures.value());
    all.process_histogram("parley_commit_works", "Pieces of work per transaction.", process.commit_works, 1);
    all.process_histogram("parley_commit_seconds", "Time per transaction, sync included.", process.commit_us,
                          1e-6);
    all.process_gauge("parley_write_queue", "Pieces of work that wait for the writer.",
                      process.writes_queued.load());
    all.process_gauge("parley_write_queue_bytes", "The same in bytes, about.",
                      process.writes_queued_bytes.load());
    all.process_gauge("parley_read_queue", "Reads that wait.", process.reads_queued.load());
    all.process_gauge("parley_hash_queue", "Passwords that wait to be hashed.", process.hashes_queued.load());
    all.process_counter(
        "parley_bad_rows_total",
        "Times that a row or page was met whose checksum does not fit, by readers or the scrubber.",
        process.bad_rows.load());
    all.process_counter(
        "parley_epochs_begun_total",
        "Epochs begun because the store was found to be a copy, at the start or by what a device had seen.",
        process.epochs_begun.value());
    all.process_counter("parley_scrubbed_rows_total", "Rows that the scrubber looked at.",
                        process.scrubbed_rows.value());
    all.process_counter("parley_scrub_rounds_total", "Times that the scrubber has been through the store.",
                        process.scrub_rounds.value());
    all.process_gauge("parley_damaged_rows",
                      "Damaged rows that the scrubber found in its last round, or has found in this one.",
                      process.damaged_rows.load());
    all.process_gauge("parley_damaged_pages", "The same of pages of the database file.",
                      process.damaged_pages.load());
}

}  // namespace

std::string render_metrics(const ProcessMetrics& process, std::span<const ShardMetrics* const> shards,
                           const OtherCounts& others) {
    Families all(shards);
    add_sessions(all);
    add_process(all, process);
    all.process_counter("parley_log_lines_dropped_total",
                        "Lines of the log that were given up since nobody took them.",
                        others.log_lines_dropped);
    all.process_counter("parley_connections_refused_total",
                        "Connections ended at once since there were listen.connections_max, or "
                        "listen.strangers_max of their address.",
                        others.connections_refused);
    return all.text();
}

}  // namespace parley::server
