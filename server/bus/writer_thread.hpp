#pragma once

#include "server/domain/ports.hpp"
#include "server/ops/metrics.hpp"
#include "server/store/store.hpp"

#include <chrono>
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
    /// What they may take, about; one that comes while none waits is always taken. As much again may be with
    /// the writer.
    std::size_t queue_bytes_max = 33'554'432;
    /// Pieces of work in one transaction.
    std::size_t batch_max = 512;
};

/// What the writer tells whoever runs it; on its thread.
struct WriterReports {
    std::function<void(Batch)> publish;
    /// A work could not be carried out; the others were.
    std::function<void(const Error&)> failed;
    /// Once: the store can no longer be written to.
    std::function<void(const Error&)> broken;
};

/// The one thread that writes: takes what has queued up, has it decided in one transaction, synced, and
/// publishes what came of it (group commit). A work that makes the transaction fail, fails alone.
class WriterThread : public WriteQueue {
  public:
    WriterThread(WriterOptions options, Store& store, WriterReports reports, ProcessMetrics& metrics);
    ~WriterThread() override;
    WriterThread(const WriterThread&) = delete;
    WriterThread& operator=(const WriterThread&) = delete;

    bool submit(Work work) override;

    void start();
    /// Takes nothing more, decides what waits, and returns when that is published.
    void finish();

  private:
    void run();
    void count_queue();
    void decide(const std::vector<Work>& works);
    void note_commit(std::size_t works, std::chrono::microseconds took);
    void report_failure(const Error& why);

    WriterOptions options_;
    Store& store_;
    WriterReports reports_;
    ProcessMetrics& metrics_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Work> queue_;
    std::size_t queue_bytes_ = 0;
    bool finishing_ = false;
    bool broken_ = false;
    std::thread thread_;
};

}  // namespace parley::server
