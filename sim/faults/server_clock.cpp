#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Its wall clock jumps: tokens end early or late, and nothing else changes.
bool strike_server_clock(Scene& scene) {
    Random& random = scene.world().random();
    // Mostly by seconds, as when a machine finds out the time; sometimes by hours.
    const std::int64_t far_ms = random.below(4) == 0 ? 6 * 3'600'000 : 90'000;
    scene.server().clock().set(milliseconds(random.between(-far_ms, far_ms)));
    return true;
}

}  // namespace

extern const Fault server_clock;
const Fault server_clock{
    .name = "set the clock of the server", .weights = {0, 1, 3, 4}, .strike = strike_server_clock};

}  // namespace parley::sim
