#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// One of the others of this person; he signs in on it again later.
bool perform(Scene& scene, Device& device) {
    const auto devices = device.node->client().devices();
    if (!devices) return false;
    for (const auto& other : *devices) {
        if (other.own || scene.world().random().below(2) == 0) continue;
        return scene.give(device, protocol::DeviceRevoke{.device = other.device}).has_value();
    }
    return false;
}

}  // namespace

extern const Act revoke_device;
const Act revoke_device{.name = "sign a device out", .weight = 1, .perform = perform};

}  // namespace parley::sim
