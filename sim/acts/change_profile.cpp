#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform_change_profile(Scene& scene, Device& device) {
    protocol::ProfileSet set;
    set.name = device.person->handle + " the " + std::to_string(scene.world().next_number());
    return scene.give(device, std::move(set)).has_value();
}

}  // namespace

extern const Act change_profile;
const Act change_profile{.name = "change the profile", .weight = 1, .perform = perform_change_profile};

}  // namespace parley::sim
