#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike_device_loses_power(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    device->node->die(true);
    return true;
}

}  // namespace

extern const Fault device_loses_power;
const Fault device_loses_power{
    .name = "take the power from a device", .weights = {0, 3, 2, 6}, .strike = strike_device_loses_power};

}  // namespace parley::sim
