#pragma once

#include "base/time.hpp"
#include "server/domain/stamp.hpp"

#include <chrono>

namespace parley::server {

/// The clocks of the machine; everything else is handed the time.
Now current_time();

/// The stamps of a process that measures.
class ClockStamps final : public Stamps {
  public:
    Stamp stamp() const override;
};

/// For measuring what takes less than a millisecond.
class Stopwatch {
  public:
    Stopwatch();
    std::chrono::microseconds elapsed() const;

  private:
    std::chrono::steady_clock::time_point began_;
};

}  // namespace parley::server
