#pragma once

#include "base/time.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace parley::client {

/// The one thread's wait for everything: sockets, timers, input. Whoever uses it keeps it alive longer than
/// himself.
class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Handles what happens until `done` says so (true) or the deadline has passed (false). Not to be called
    /// from inside itself.
    bool run_until(const std::function<bool()>& done, std::optional<Instant> deadline);

    /// Runs `task` in the loop, after what is already due.
    void post(std::function<void()> task);

    /// Asio's side, for the edge files (loop_asio.hpp).
    struct Impl;
    Impl& impl() { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

/// One task at a moment; arming anew replaces the earlier one, destroying it forgets it.
class Timer {
  public:
    explicit Timer(Loop& loop);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void arm(Instant at, std::function<void()> task);
    void disarm();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// While it lives, SIGINT and SIGTERM do not end the process but set a flag and wake the loop.
class Interrupts {
  public:
    explicit Interrupts(Loop& loop);
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    bool came() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace parley::client
