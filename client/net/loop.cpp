#include "client/net/loop.hpp"

#include "client/net/loop_asio.hpp"
#include "client/platform.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <csignal>

namespace parley::client {

namespace asio = boost::asio;

namespace {

/// steady_clock counts CLOCK_MONOTONIC, as read_clocks does.
std::chrono::steady_clock::time_point time_point_of(Instant at) {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(at.ms));
}

}  // namespace

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

bool Loop::run_until(const std::function<bool()>& done, std::optional<Instant> deadline) {
    while (!done()) {
        if (!deadline) {
            impl_->context.run_one();
        } else if (read_clocks().instant >= *deadline) {
            return false;
        } else {
            impl_->context.run_one_until(time_point_of(*deadline));
        }
    }
    return true;
}

void Loop::post(std::function<void()> task) {
    asio::post(impl_->context, std::move(task));
}

struct Timer::Impl {
    explicit Impl(asio::io_context& context) : timer(context) {}
    asio::steady_timer timer;
};

Timer::Timer(Loop& loop) : impl_(std::make_unique<Impl>(loop.impl().context)) {}
Timer::~Timer() = default;

void Timer::arm(Instant at, std::function<void()> task) {
    // Half a millisecond more: `at` is a whole one, and the task must not find that it is still ahead.
    impl_->timer.expires_at(time_point_of(at) + std::chrono::microseconds(500));
    impl_->timer.async_wait([task = std::move(task)](const boost::system::error_code& error) {
        if (!error) task();
    });
}

void Timer::disarm() {
    impl_->timer.cancel();
}

struct Interrupts::Impl {
    explicit Impl(asio::io_context& context) : signals(context, SIGINT, SIGTERM) {}
    asio::signal_set signals;
    bool came = false;
};

Interrupts::Interrupts(Loop& loop) : impl_(std::make_unique<Impl>(loop.impl().context)) {
    impl_->signals.async_wait([impl = impl_.get()](const boost::system::error_code& error, int) {
        if (!error) impl->came = true;
    });
}
Interrupts::~Interrupts() = default;

bool Interrupts::came() const {
    return impl_->came;
}

}  // namespace parley::client
