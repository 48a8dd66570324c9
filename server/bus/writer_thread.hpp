#pragma once

#include "server/domain/ports.hpp"
#include "server/ops/metrics.hpp"
#include "server/store/store.hpp"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace parley::server {

struct WriterOptions {
    /// Pieces of work that may wait.
    std::size_t queue_max = 16'384;
    /// Pieces of work in one transaction.
    std::size_t batch_max = 512;
};

/// The one thread that writes: takes what has queued up, has it decided in one transaction, synced, and
/// publishes what came of it (group commit).
class WriterThread : public WriteQueue {
  public:
    using Publish = std::function<void(Batch)>;

    /// `broken` is called once if the store can no longer be written to.
    WriterThread(WriterOptions options, Store& store, Publish publish,
                 std::function<void(const Error&)> broken, ProcessMetrics& metrics);
    ~WriterThread() override;
    WriterThread(const WriterThread&) = delete;
    WriterThread& operator=(const WriterThread&) = delete;

    bool submit(Work work) override;

    void start();
    /// Takes nothing more, decides what waits, and returns when that is published.
    void finish();

  private:
    void run();
    void decide(const std::vector<Work>& works);

    WriterOptions options_;
    Store& store_;
    Publish publish_;
    std::function<void(const Error&)> broken_;
    ProcessMetrics& metrics_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Work> queue_;
    bool finishing_ = false;
    std::thread thread_;
};

}  // namespace parley::server
