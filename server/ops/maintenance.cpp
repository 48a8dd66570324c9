#include "server/ops/maintenance.hpp"

#include "server/ops/log.hpp"

#include <chrono>

namespace parley::server {

namespace {

/// Rows scrubbed at a time, and the pause after them: a million rows in about four hours, for a thousandth of
/// a core.
constexpr std::int64_t scrub_rows = 1'000;
constexpr auto scrub_pause = std::chrono::seconds(15);

}  // namespace

Maintenance::Maintenance(Store& store, Log& log) : store_(store), log_(log), thread_([this] { run(); }) {}

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
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, scrub_pause, [this] { return ending_; })) {
        lock.unlock();
        if (const auto scrubbed = store_.scrub(scrub_rows); !scrubbed) {
            log_.error("scrubbing failed", {{"error", scrubbed.error()}});
        }
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

}  // namespace parley::server
