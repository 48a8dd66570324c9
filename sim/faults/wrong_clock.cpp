#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Its wall clock jumps; timers go by the other one.
bool strike_wrong_clock(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    device->node->clock_error() = milliseconds(scene.world().random().between(-86'400'000, 86'400'000));
    return true;
}

}  // namespace

extern const Fault wrong_clock;
const Fault wrong_clock{
    .name = "set a device's clock", .weights = {1, 2, 4, 4}, .strike = strike_wrong_clock};

}  // namespace parley::sim
