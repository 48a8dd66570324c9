#pragma once

#include "base/time.hpp"
#include "server/store/sqlite_store.hpp"

#include <functional>
#include <optional>

namespace parley::server {

class Log;

/// Says in the log what a start takes long for: when it begins, then now and again how far it is, and that it
/// is done. One thread.
class StartProgress {
  public:
    StartProgress(Log& log, std::function<Instant()> clock) : log_(log), clock_(std::move(clock)) {}

    void handle(const LongWork& work);
    void handle_done();

    static constexpr Duration between_lines = seconds(10);

  private:
    Log& log_;
    std::function<Instant()> clock_;
    std::optional<Instant> begun_at_;
    Instant said_at_;
};

}  // namespace parley::server
