#pragma once

#include <compare>
#include <cstdint>

namespace parley {

/// A length of time in milliseconds.
struct Duration {
    std::int64_t ms = 0;

    friend constexpr auto operator<=>(Duration, Duration) = default;
    friend constexpr Duration operator+(Duration a, Duration b) { return {a.ms + b.ms}; }
    friend constexpr Duration operator-(Duration a, Duration b) { return {a.ms - b.ms}; }
    friend constexpr Duration operator*(Duration a, std::int64_t n) { return {a.ms * n}; }
};

constexpr Duration milliseconds(std::int64_t n) {
    return {n};
}
constexpr Duration seconds(std::int64_t n) {
    return {n * 1000};
}

/// A point of a monotonic clock, in milliseconds since an arbitrary start: for timers and time-outs. Never
/// jumps.
struct Instant {
    std::int64_t ms = 0;

    friend constexpr auto operator<=>(Instant, Instant) = default;
    friend constexpr Instant operator+(Instant t, Duration d) { return {t.ms + d.ms}; }
    friend constexpr Instant operator-(Instant t, Duration d) { return {t.ms - d.ms}; }
    friend constexpr Duration operator-(Instant a, Instant b) { return {a.ms - b.ms}; }
};

/// Milliseconds since 1970 of a wall clock: for display, token lifetimes and UUIDs. May jump; decides no
/// order.
struct WallTime {
    std::int64_t ms = 0;

    friend constexpr auto operator<=>(WallTime, WallTime) = default;
    friend constexpr WallTime operator+(WallTime t, Duration d) { return {t.ms + d.ms}; }
    friend constexpr WallTime operator-(WallTime t, Duration d) { return {t.ms - d.ms}; }
    friend constexpr Duration operator-(WallTime a, WallTime b) { return {a.ms - b.ms}; }
};

/// Both clocks at one moment, as a host hands them to a machine.
struct Now {
    Instant instant;
    WallTime wall;
};

}  // namespace parley
