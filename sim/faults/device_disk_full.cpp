#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Its core can write nothing until there is room again; what it took over before is kept.
bool strike_device_disk_full(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr || device->node->disk().faults().capacity) return false;
    Random& random = scene.world().random();
    device->node->disk().faults().capacity = device->node->disk().used() + random.between(0, 100'000);
    scene.world().after(milliseconds(random.between(1'000, 60'000)),
                        [device] { device->node->disk().faults().capacity.reset(); });
    return true;
}

}  // namespace

extern const Fault device_disk_full;
const Fault device_disk_full{
    .name = "fill the disk of a device", .weights = {0, 1, 4, 3}, .strike = strike_device_disk_full};

}  // namespace parley::sim
