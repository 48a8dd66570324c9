#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// As when a router forgets it: nobody is told, heartbeats must find out.
bool strike_half_open(Scene& scene) {
    Device* device = busy_device(scene);
    if (device == nullptr) return false;
    device->node->cut(true);
    return true;
}

}  // namespace

extern const Fault half_open;
const Fault half_open{
    .name = "leave a connection half open", .weights = {0, 10, 4, 8}, .strike = strike_half_open};

}  // namespace parley::sim
