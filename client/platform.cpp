#include "client/platform.hpp"

#include <sys/random.h>
#include <time.h>

#include <cerrno>
#include <cstdlib>

namespace parley::client {

namespace {

std::int64_t milliseconds_of(clockid_t clock) {
    timespec at{};
    ::clock_gettime(clock, &at);
    return static_cast<std::int64_t>(at.tv_sec) * 1000 + at.tv_nsec / 1'000'000;
}

}  // namespace

Now read_clocks() {
    return {.instant = {milliseconds_of(CLOCK_MONOTONIC)}, .wall = {milliseconds_of(CLOCK_REALTIME)}};
}

void SystemPrimitives::random(std::span<std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const auto count = ::getrandom(bytes.data(), bytes.size(), 0);
        if (count < 0 && errno != EINTR) std::abort();
        if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

}  // namespace parley::client
