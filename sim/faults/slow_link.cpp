#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike_slow_link(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    Random& random = scene.world().random();
    Link& link = device->node->link();
    link.latency = milliseconds(random.between(5, 800));
    link.jitter = milliseconds(random.between(0, 1'500));
    link.loss = random.below(2) == 0 ? 0 : random.between(1, 200);
    // From a modem of 1995 to a poor telephone network.
    link.bytes_per_second = random.below(2) == 0 ? 0 : random.between(1'500, 60'000);
    return true;
}

}  // namespace

extern const Fault slow_link;
const Fault slow_link{.name = "slow a link down", .weights = {3, 10, 6, 5}, .strike = strike_slow_link};

}  // namespace parley::sim
