#pragma once

#include "bench/clock.hpp"

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace parley::bench {

/// What waits for a descriptor. Outlives its registration.
class Watcher {
  public:
    virtual ~Watcher() = default;
    virtual void handle_ready(bool readable, bool writable) = 0;
};

/// One thread's epoll loop with timers. Everything that the generator does happens in `run`.
class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void watch(int descriptor, Watcher& watcher, bool read, bool write);
    void change(int descriptor, bool read, bool write);
    void forget(int descriptor);

    /// Calls `act` once, at this moment or right after it, while the loop runs.
    void at(Nanos moment, std::function<void()> act);

    /// Runs until `done` says so; false where the deadline came first.
    bool run(Nanos deadline, const std::function<bool()>& done);

    /// Runs for this long.
    void run_for(Nanos duration);

  private:
    struct Timer {
        Nanos moment;
        std::function<void()> act;
        friend bool operator>(const Timer& a, const Timer& b) { return a.moment > b.moment; }
    };

    void wait(Nanos deadline);
    void run_timers();

    int epoll_ = -1;
    std::vector<Watcher*> watchers_;
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
};

}  // namespace parley::bench
