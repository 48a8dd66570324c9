#include "client/platform.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

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

void occupy_standard_descriptors() {
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(standard, F_GETFD) >= 0) continue;
        // Opened the wrong way round, so that using it fails as it would have. The lowest free number is this
        // one.
        (void)::open("/dev/null", standard == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

void SystemPrimitives::random(std::span<std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const auto count = ::getrandom(bytes.data(), bytes.size(), 0);
        if (count < 0 && errno != EINTR) std::abort();
        if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

}  // namespace parley::client
