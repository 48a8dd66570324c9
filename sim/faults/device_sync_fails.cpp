#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike_device_sync_fails(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    device->node->disk().faults().sync_failures = 500;
    scene.world().after(milliseconds(scene.world().random().between(100, 2'000)),
                        [device] { device->node->disk().faults().sync_failures = 0; });
    return true;
}

}  // namespace

extern const Fault device_sync_fails;
const Fault device_sync_fails{
    .name = "fail a sync of a device", .weights = {0, 0, 0, 4}, .strike = strike_device_sync_fails};

}  // namespace parley::sim
