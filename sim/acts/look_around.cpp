#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform(Scene& scene, Device& device) {
    scene.look_at(device);
    return true;
}

}  // namespace

extern const Act look_around;
const Act look_around{.name = "look around", .weight = 10, .always = true, .perform = perform};

}  // namespace parley::sim
