#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike_kill_device(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    device->node->die(false);
    return true;
}

}  // namespace

extern const Fault kill_device;
const Fault kill_device{.name = "kill a device", .weights = {1, 6, 6, 8}, .strike = strike_kill_device};

}  // namespace parley::sim
