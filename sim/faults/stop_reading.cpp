#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// The device takes nothing from its socket for a while, as one does that sleeps; the server must not hold
/// more than it has named. When it wakes its system says that there is a network.
bool strike_stop_reading(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr || !device->node->link().reads) return false;
    device->node->link().reads = false;
    scene.world().after(milliseconds(scene.world().random().between(1'000, 40'000)), [device] {
        device->node->link().reads = true;
        device->node->read_on();
        device->node->tell_network(true);
    });
    return true;
}

}  // namespace

extern const Fault stop_reading;
const Fault stop_reading{.name = "stop reading", .weights = {1, 5, 4, 5}, .strike = strike_stop_reading};

}  // namespace parley::sim
