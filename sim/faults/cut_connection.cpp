#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    device->node->cut(false);
    return true;
}

}  // namespace

extern const Fault cut_connection;
const Fault cut_connection{.name = "cut a connection", .weights = {10, 20, 15, 10}, .strike = strike};

}  // namespace parley::sim
