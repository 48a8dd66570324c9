#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// The device takes nothing from its socket for a while, as one does that sleeps; the server must not hold
/// more than it has named. When it wakes its system says that there is a network.
bool strike_stop_reading(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr || !device->node->link().reads) return false;
    device->node->link().reads = false;
    Random& random = scene.world().random();
    // Now and then for longer than two heartbeats, so that the server takes it for gone.
    const bool long_asleep = random.below(4) == 0;
    const Duration asleep =
        milliseconds(long_asleep ? random.between(40'000, 120'000) : random.between(1'000, 40'000));
    scene.world().after(asleep, [device] {
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
