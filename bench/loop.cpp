#include "bench/loop.hpp"

#include "bench/fatal.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

namespace parley::bench {

namespace {

std::uint32_t mask(bool read, bool write) {
    return (read ? EPOLLIN : 0U) | (write ? EPOLLOUT : 0U);
}

}  // namespace

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) {
        fatal_errno("epoll_create1");
    }
}

Loop::~Loop() {
    ::close(epoll_);
}

void Loop::watch(int descriptor, Watcher& watcher, bool read, bool write) {
    const auto index = static_cast<std::size_t>(descriptor);
    if (watchers_.size() <= index) {
        watchers_.resize(index + 1, nullptr);
    }
    watchers_[index] = &watcher;
    epoll_event event{.events = mask(read, write), .data = {.fd = descriptor}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) < 0) {
        fatal_errno("epoll_ctl");
    }
}

void Loop::change(int descriptor, bool read, bool write) {
    epoll_event event{.events = mask(read, write), .data = {.fd = descriptor}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) < 0) {
        fatal_errno("epoll_ctl");
    }
}

void Loop::forget(int descriptor) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
    watchers_[static_cast<std::size_t>(descriptor)] = nullptr;
}

void Loop::at(Nanos moment, std::function<void()> act) {
    timers_.push({moment, std::move(act)});
}

bool Loop::run(Nanos deadline, const std::function<bool()>& done) {
    while (!done()) {
        if (now_ns() >= deadline) {
            return false;
        }
        wait(deadline);
        run_timers();
    }
    return true;
}

void Loop::run_for(Nanos duration) {
    run(now_ns() + duration, [] { return false; });
}

void Loop::wait(Nanos deadline) {
    const Nanos until = timers_.empty() ? deadline : std::min(deadline, timers_.top().moment);
    const Nanos left = std::max<Nanos>(0, until - now_ns());
    const timespec timeout{.tv_sec = left / nanos_per_second, .tv_nsec = left % nanos_per_second};
    std::array<epoll_event, 512> events;
    const int ready =
        ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    if (ready < 0 && errno != EINTR) {
        fatal_errno("epoll_pwait2");
    }
    for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        // An earlier one of these events may have ended this descriptor's watcher.
        Watcher* watcher = watchers_[static_cast<std::size_t>(event.data.fd)];
        if (watcher != nullptr) {
            const bool ended = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
            watcher->handle_ready(ended || (event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0);
        }
    }
}

void Loop::run_timers() {
    const Nanos now = now_ns();
    while (!timers_.empty() && timers_.top().moment <= now) {
        auto act = timers_.top().act;
        timers_.pop();
        act();
    }
}

}  // namespace parley::bench
