#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike_kill_server(Scene& scene) {
    if (!scene.server().up()) return false;
    scene.server().die(ServerNode::Death::killed);
    return true;
}

}  // namespace

extern const Fault kill_server;
const Fault kill_server{.name = "kill the server", .weights = {1, 4, 2, 8}, .strike = strike_kill_server};

}  // namespace parley::sim
