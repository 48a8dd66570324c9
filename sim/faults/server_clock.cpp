#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;

/// Mostly by seconds, as when a machine finds out the time, or by hours. Now and then by so many days that
/// what is kept for a time has had its time: the window of a resume, the memory of commands, unused tokens.
Duration error_of(Random& random) {
    const auto luck = random.below(16);
    if (luck == 0) return milliseconds(100 * day_ms + random.between(-hour_ms, hour_ms));
    if (luck == 1) return milliseconds(35 * day_ms + random.between(-hour_ms, hour_ms));
    if (luck == 2) return milliseconds(4 * day_ms + random.between(-hour_ms, hour_ms));
    if (luck == 3) return milliseconds(-4 * day_ms + random.between(-hour_ms, hour_ms));
    const std::int64_t far_ms = luck < 7 ? 6 * hour_ms : 90'000;
    return milliseconds(random.between(-far_ms, far_ms));
}

/// Its wall clock jumps: what is bound to a time ends early or late, and nothing else changes.
bool strike_server_clock(Scene& scene) {
    scene.server().clock().set(error_of(scene.world().random()));
    return true;
}

}  // namespace

extern const Fault server_clock;
const Fault server_clock{
    .name = "set the clock of the server", .weights = {0, 1, 3, 4}, .strike = strike_server_clock};

}  // namespace parley::sim
