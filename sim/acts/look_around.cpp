#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform_look_around(Scene& scene, Device& device) {
    scene.look_at(device);
    return true;
}

}  // namespace

extern const Act look_around;
const Act look_around{.name = "look around", .weight = 10, .always = true, .perform = perform_look_around};

}  // namespace parley::sim
