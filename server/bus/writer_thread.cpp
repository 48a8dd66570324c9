#include "server/bus/writer_thread.hpp"

#include "server/domain/weight.hpp"
#include "server/ops/clock.hpp"
#include "server/ops/thread_name.hpp"
#include "server/store/apply_each.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace parley::server {

WriterThread::WriterThread(WriterOptions options, Store& store, WriterReports reports,
                           ProcessMetrics& metrics)
    : options_(options), store_(store), reports_(std::move(reports)), metrics_(metrics) {}

WriterThread::~WriterThread() {
    finish();
}

void WriterThread::start() {
    thread_ = std::thread([this] { run(); });
}

void WriterThread::finish() {
    {
        const std::lock_guard lock(mutex_);
        finishing_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

bool WriterThread::submit(Work work) {
    const std::size_t bytes = weight_of(work);
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = queue_.empty();
        const bool full =
            queue_.size() >= options_.queue_max || queue_bytes_ + bytes > options_.queue_bytes_max;
        if (finishing_ || (full && !first)) return false;
        queue_.push_back(std::move(work));
        queue_bytes_ += bytes;
        count_queue();
    }
    if (first) changed_.notify_one();
    return true;
}

void WriterThread::count_queue() {
    metrics_.writes_queued.store(static_cast<std::int64_t>(queue_.size()), std::memory_order_relaxed);
    metrics_.writes_queued_bytes.store(static_cast<std::int64_t>(queue_bytes_), std::memory_order_relaxed);
}

void WriterThread::run() {
    name_thread("writer");
    std::vector<Work> taken;
    while (true) {
        taken.clear();
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return finishing_ || !queue_.empty(); });
            if (queue_.empty()) return;
            std::swap(taken, queue_);
            queue_bytes_ = 0;
            count_queue();
        }
        decide(taken);
    }
}

void WriterThread::decide(const std::vector<Work>& works) {
    Stopwatch watch;
    const auto begin = [&] {
        watch = Stopwatch();
        metrics_.writing_since.store(current_time().instant, std::memory_order_relaxed);
    };
    const ApplyEach tell{.applied =
                             [&](Batch batch, std::size_t count) {
                                 note_commit(count, watch.elapsed());
                                 reports_.publish(std::move(batch));
                                 begin();
                             },
                         .failed =
                             [&](Batch batch, const Error& why) {
                                 reports_.publish(std::move(batch));
                                 report_failure(why);
                                 begin();
                             }};
    for (std::size_t from = 0; from < works.size(); from += options_.batch_max) {
        begin();
        const auto part = std::span(works).subspan(from, std::min(options_.batch_max, works.size() - from));
        apply_each(store_, part, tell);
    }
    metrics_.writing_since.store({}, std::memory_order_relaxed);
}

void WriterThread::note_commit(std::size_t works, std::chrono::microseconds took) {
    metrics_.commits.add();
    metrics_.works.add(static_cast<std::int64_t>(works));
    metrics_.commit_works.observe(static_cast<std::int64_t>(works));
    metrics_.commit_us.observe(took.count());
}

void WriterThread::report_failure(const Error& why) {
    metrics_.commit_failures.add();
    if (!store_.broken()) return reports_.failed(why);
    if (!std::exchange(broken_, true)) reports_.broken(why);
}

}  // namespace parley::server
