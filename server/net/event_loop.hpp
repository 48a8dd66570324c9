#pragma once

#include "base/time.hpp"

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace parley::server {

/// One thread's loop over sockets, timers and what other threads hand in. `post` and `stop` from any thread,
/// all else from the loop's own.
class EventLoop {
  public:
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Until `stop`.
    void run();
    void stop();
    /// In the order of posting.
    void post(std::function<void()> task);
    /// Calls `task` once `delay` has passed; replaces what was set before.
    void set_timer(Duration delay, std::function<void()> task);

    boost::asio::io_context& context();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace parley::server
