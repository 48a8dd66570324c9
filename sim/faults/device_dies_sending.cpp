#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Between what it has committed and what it was about to send, say or ask for because of that.
bool strike_device_dies_sending(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    Random& random = scene.world().random();
    device->node->die_behind(random.between(0, 6), random.below(2) == 0);
    return true;
}

}  // namespace

extern const Fault device_dies_sending;
const Fault device_dies_sending{.name = "let a device die before it sends",
                                .weights = {0, 2, 3, 6},
                                .strike = strike_device_dies_sending};

}  // namespace parley::sim
