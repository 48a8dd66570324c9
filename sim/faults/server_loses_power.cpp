#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike_server_loses_power(Scene& scene) {
    if (!scene.server().up()) return false;
    scene.server().die(ServerNode::Death::power_lost);
    return true;
}

}  // namespace

extern const Fault server_loses_power;
const Fault server_loses_power{
    .name = "take the power from the server", .weights = {0, 2, 1, 8}, .strike = strike_server_loses_power};

}  // namespace parley::sim
