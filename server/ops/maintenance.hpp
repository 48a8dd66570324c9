#pragma once

#include "server/ops/metrics.hpp"
#include "server/ops/scrub_pace.hpp"
#include "server/store/store.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace parley::server {

class Log;

struct MaintenanceOptions {
    /// 0: nothing is scrubbed.
    std::int64_t scrub_rows_per_second = 0;
};

/// Looks after the store beside the work: checks it once where the last process did not end in order, and
/// goes through the checksums of all rows, a few at a time and round after round.
class Maintenance {
  public:
    Maintenance(const MaintenanceOptions& options, Store& store, ProcessMetrics& metrics, Log& log);
    ~Maintenance();
    Maintenance(const Maintenance&) = delete;
    Maintenance& operator=(const Maintenance&) = delete;

  private:
    void run();
    void check();
    /// Answers with what is waited before the next slice.
    Duration scrub();

    const ScrubPace pace_;
    Store& store_;
    ProcessMetrics& metrics_;
    Log& log_;
    ScrubTally tally_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ending_ = false;
    std::thread thread_;  // last: it uses the rest
};

}  // namespace parley::server
