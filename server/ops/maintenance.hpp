#pragma once

#include "server/store/store.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace parley::server {

class Log;

/// Looks after the store beside the work: checks it once where the last process did not end in order, and
/// goes through the checksums of all rows, a few at a time.
class Maintenance {
  public:
    Maintenance(Store& store, Log& log);
    ~Maintenance();
    Maintenance(const Maintenance&) = delete;
    Maintenance& operator=(const Maintenance&) = delete;

  private:
    void run();
    void check();

    Store& store_;
    Log& log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ending_ = false;
    std::thread thread_;  // last: it uses the rest
};

}  // namespace parley::server
