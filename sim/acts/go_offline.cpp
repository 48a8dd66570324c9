#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// A tunnel, a lift, aeroplane mode: the system knows, and tells.
bool perform_go_offline(Scene& scene, Device& device) {
    if (!device.node->link().up) return false;
    device.node->link().up = false;
    device.node->cut(false);
    device.node->tell_network(false);
    const Duration away = milliseconds(scene.world().random().between(500, 60'000));
    scene.world().after(away, [&device] {
        device.node->link().up = true;
        device.node->tell_network(true);
    });
    return true;
}

}  // namespace

extern const Act go_offline;
const Act go_offline{.name = "go offline", .weight = 3, .perform = perform_go_offline};

}  // namespace parley::sim
