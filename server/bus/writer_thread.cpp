#include "server/bus/writer_thread.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/ops/clock.hpp"
#include "server/ops/thread_name.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace parley::server {

WriterThread::WriterThread(WriterOptions options, Store& store, Publish publish,
                           std::function<void(const Error&)> broken, ProcessMetrics& metrics)
    : options_(options),
      store_(store),
      publish_(std::move(publish)),
      broken_(std::move(broken)),
      metrics_(metrics) {}

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
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (finishing_ || queue_.size() >= options_.queue_max) return false;
        first = queue_.empty();
        queue_.push_back(std::move(work));
        metrics_.writes_queued.store(static_cast<std::int64_t>(queue_.size()), std::memory_order_relaxed);
    }
    if (first) changed_.notify_one();
    return true;
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
            metrics_.writes_queued.store(0, std::memory_order_relaxed);
        }
        decide(taken);
    }
}

void WriterThread::decide(const std::vector<Work>& works) {
    for (std::size_t from = 0; from < works.size(); from += options_.batch_max) {
        const auto part = std::span(works).subspan(from, std::min(options_.batch_max, works.size() - from));
        const std::int64_t began = monotonic_us();
        auto batch = store_.apply(part);
        metrics_.commits.add();
        metrics_.works.add(static_cast<std::int64_t>(part.size()));
        metrics_.commit_works.observe(static_cast<std::int64_t>(part.size()));
        metrics_.commit_us.observe(monotonic_us() - began);
        if (batch) {
            publish_(std::move(*batch));
            continue;
        }
        metrics_.commit_failures.add();
        // Nothing was written: everybody is told, nobody was answered before.
        Batch refused{
            .first_position = store_.position() + 1, .last_position = store_.position(), .effects = {}};
        for (const Work& work : part) {
            if (!work.origin.session) continue;
            refused.effects.emplace_back(Replied{work.origin, fail(batch.error())});
        }
        publish_(std::move(refused));
        if (batch.error().code == ErrorCode::internal) broken_(batch.error());
    }
}

}  // namespace parley::server
