#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike_drain_server(Scene& scene) {
    if (!scene.server().listening()) return false;
    scene.server().drain();
    return true;
}

}  // namespace

extern const Fault drain_server;
const Fault drain_server{.name = "drain the server", .weights = {1, 2, 6, 3}, .strike = strike_drain_server};

}  // namespace parley::sim
