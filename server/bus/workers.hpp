#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace parley::server {

/// A few threads over one bounded queue of tasks. Ending it drops what has not begun.
class Workers {
  public:
    /// `name` is that of the threads; `queued` counts what waits.
    Workers(const std::string& name, std::size_t threads, std::size_t queue_max,
            std::atomic<std::int64_t>& queued);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// False: the queue is full, and nothing happens.
    bool submit(std::function<void()> task);

  private:
    void run();

    std::size_t queue_max_;
    std::atomic<std::int64_t>& queued_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    bool ending_ = false;
    std::vector<std::thread> threads_;  // last: they use the rest
};

}  // namespace parley::server
