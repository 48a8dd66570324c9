#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Its next start dies inside one of its disk operations: after a kill, or as another tab opens the database
/// beside the one that has it.
bool strike_device_dies_starting(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    Random& random = scene.world().random();
    device->node->die_at_next_start(random.between(1, 12), random.below(2) == 0);
    if (!device->signed_in() || random.below(2) == 0) {
        device->node->die(random.below(2) == 0);
        return true;
    }
    device->node->close_older();
    if (!device->node->hand_over(false)) return true;
    // As where another tab is opened and lives.
    device->signing_in = false;
    scene.world().after(milliseconds(random.between(1'000, 60'000)),
                        [device] { device->node->close_older(); });
    return true;
}

}  // namespace

extern const Fault device_dies_starting;
const Fault device_dies_starting{.name = "let a device die while it starts",
                                 .weights = {0, 2, 3, 5},
                                 .strike = strike_device_dies_starting};

}  // namespace parley::sim
