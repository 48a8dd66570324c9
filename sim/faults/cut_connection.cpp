#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike_cut_connection(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    device->node->cut(false);
    return true;
}

}  // namespace

extern const Fault cut_connection;
const Fault cut_connection{
    .name = "cut a connection", .weights = {10, 20, 15, 10}, .strike = strike_cut_connection};

}  // namespace parley::sim
