#include "server/ops/maintenance.hpp"

#include "server/ops/log.hpp"

#include <chrono>

namespace parley::server {

Maintenance::Maintenance(const MaintenanceOptions& options, Store& store, ProcessMetrics& metrics, Log& log)
    : pace_(options.scrub_rows_per_second), store_(store), metrics_(metrics), log_(log), thread_([this] {
          run();
      }) {}

Maintenance::~Maintenance() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Maintenance::run() {
    if (store_.unclean_start()) check();
    const auto ending = [this] {
        return ending_;
    };
    std::unique_lock lock(mutex_);
    if (pace_.never()) return changed_.wait(lock, ending);
    auto pause = pace_.pause();
    while (!changed_.wait_for(lock, std::chrono::milliseconds(pause.ms), ending)) {
        lock.unlock();
        pause = scrub();
        lock.lock();
    }
}

void Maintenance::check() {
    if (const Status sound = store_.check(); !sound) {
        log_.error("database damaged", {{"error", sound.error()}});
    } else {
        log_.info("database checked");
    }
}

Duration Maintenance::scrub() {
    const auto scrubbed = store_.scrub(pace_.rows());
    if (!scrubbed) {
        log_.error("scrubbing failed", {{"error", scrubbed.error()}});
        return ScrubPace::round_pause;
    }
    metrics_.scrubbed_rows.add(scrubbed->rows);
    tally_.take(*scrubbed);
    metrics_.damaged_rows = tally_.damaged();
    metrics_.damaged_pages = tally_.damaged_pages();
    if (!scrubbed->round_ended) return pace_.pause();
    metrics_.scrub_rounds.add();
    if (tally_.damaged() > 0 || tally_.damaged_pages() > 0 || tally_.unreadable()) {
        log_.error("store damaged", {{"rows", tally_.damaged()},
                                     {"pages", tally_.damaged_pages()},
                                     {"unreadable", tally_.unreadable()}});
    } else {
        log_.debug("store scrubbed");
    }
    return ScrubPace::round_pause;
}

}  // namespace parley::server
