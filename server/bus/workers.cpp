#include "server/bus/workers.hpp"

#include "server/ops/thread_name.hpp"

#include <utility>

namespace parley::server {

Workers::Workers(const std::string& name, std::size_t threads, std::size_t queue_max,
                 std::atomic<std::int64_t>& queued)
    : queue_max_(queue_max), queued_(queued) {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, own = name + "-" + std::to_string(i)] {
            name_thread(own);
            run();
        });
    }
}

Workers::~Workers() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

bool Workers::submit(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        if (tasks_.size() >= queue_max_) return false;
        tasks_.push_back(std::move(task));
        queued_.store(static_cast<std::int64_t>(tasks_.size()), std::memory_order_relaxed);
    }
    changed_.notify_one();
    return true;
}

void Workers::run() {
    while (true) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
            if (ending_) return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
            queued_.store(static_cast<std::int64_t>(tasks_.size()), std::memory_order_relaxed);
        }
        task();
    }
}

}  // namespace parley::server
