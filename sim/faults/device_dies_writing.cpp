#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Inside one of its next disk operations, so in the middle of a transaction or right behind it.
bool strike_device_dies_writing(Scene& scene) {
    Device* device = busy_device(scene);
    if (device == nullptr) return false;
    Random& random = scene.world().random();
    // Of a program in a browser an older tab may die alone.
    Tab* older = device->node->older();
    if (older != nullptr && random.below(2) == 0) return older->die_at(random.between(1, 10), false), true;
    device->node->die_at(random.between(1, 30), random.below(2) == 0);
    return true;
}

}  // namespace

extern const Fault device_dies_writing;
const Fault device_dies_writing{.name = "let a device die while it writes",
                                .weights = {0, 3, 4, 8},
                                .strike = strike_device_dies_writing};

}  // namespace parley::sim
