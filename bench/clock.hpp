#pragma once

#include <chrono>
#include <cstdint>

namespace parley::bench {

/// Nanoseconds of the monotonic clock; the bench measures real time, so it reads it where it needs it.
using Nanos = std::int64_t;

inline constexpr Nanos nanos_per_second = 1'000'000'000;
inline constexpr Nanos nanos_per_ms = 1'000'000;

inline Nanos now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

inline Nanos seconds_ns(double seconds) {
    return static_cast<Nanos>(seconds * static_cast<double>(nanos_per_second));
}

}  // namespace parley::bench
