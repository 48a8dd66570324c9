#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// The way is silent for a while, for all connections, and no system says so.
bool strike_dead_air(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr || device->node->link().silent) return false;
    device->node->link().silent = true;
    scene.world().after(milliseconds(scene.world().random().between(200, 90'000)),
                        [device] { device->node->link().silent = false; });
    return true;
}

}  // namespace

extern const Fault dead_air;
const Fault dead_air{
    .name = "lose the network unnoticed", .weights = {0, 10, 4, 5}, .strike = strike_dead_air};

}  // namespace parley::sim
