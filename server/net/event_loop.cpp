#include "server/net/event_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace parley::server {

namespace asio = boost::asio;

struct EventLoop::Impl {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    asio::steady_timer timer{context};
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
    impl_->context.run();
}
void EventLoop::stop() {
    impl_->context.stop();
}
void EventLoop::post(std::function<void()> task) {
    asio::post(impl_->context, std::move(task));
}

void EventLoop::set_timer(Duration delay, std::function<void()> task) {
    impl_->timer.expires_after(std::chrono::milliseconds(std::max<std::int64_t>(delay.ms, 0)));
    impl_->timer.async_wait([task = std::move(task)](const boost::system::error_code& error) {
        if (!error) task();
    });
}

asio::io_context& EventLoop::context() {
    return impl_->context;
}

}  // namespace parley::server
