#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// It hears what others say, and nothing that it asks for arrives, until one of both ends gives its
/// connection up.
bool strike_lose_questions(Scene& scene) {
    Device* device = busy_device(scene);
    if (device == nullptr || !device->node->link().questions) return false;
    device->node->link().questions = false;
    scene.world().after(milliseconds(scene.world().random().between(1'000, 90'000)),
                        [device] { device->node->link().questions = true; });
    return true;
}

}  // namespace

extern const Fault lose_questions;
const Fault lose_questions{
    .name = "lose what a device asks", .weights = {1, 5, 2, 4}, .strike = strike_lose_questions};

}  // namespace parley::sim
