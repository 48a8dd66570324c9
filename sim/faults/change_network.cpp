#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// From one access point to another, or to the telephone network: what was open hangs, and the way is
/// another.
bool strike_change_network(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    Random& random = scene.world().random();
    device->node->cut(true);
    Link& link = device->node->link();
    link.latency = milliseconds(random.between(2, 150));
    link.jitter = milliseconds(random.between(0, 100));
    link.loss = 0;
    link.bytes_per_second = 0;
    // Some systems say that the old one is gone before the new one is there, some only that one is there.
    if (random.below(2) == 0) device->node->tell_network(false);
    // And some say so more than once: of each address, of each way out.
    const std::int64_t times = random.below(2) == 0 ? 1 : random.between(2, 4);
    Duration when;
    for (std::int64_t time = 0; time < times; ++time) {
        when = when + milliseconds(random.between(0, 2'000));
        scene.world().after(when, [device] { device->node->tell_network(true); });
    }
    return true;
}

}  // namespace

extern const Fault change_network;
const Fault change_network{
    .name = "change the network", .weights = {2, 10, 20, 5}, .strike = strike_change_network};

}  // namespace parley::sim
