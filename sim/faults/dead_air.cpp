#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// The way is silent for a while, for all connections, and no system says so.
bool strike_dead_air(Scene& scene) {
    return strike_link(scene, any_device(scene), &Link::silent, 200);
}

}  // namespace

extern const Fault dead_air;
const Fault dead_air{
    .name = "lose the network unnoticed", .weights = {0, 10, 4, 5}, .strike = strike_dead_air};

}  // namespace parley::sim
