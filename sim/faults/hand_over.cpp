#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Another tab of the browser opens the database and owns it from here on. The older one goes on as if it
/// still did, until it finds out or is closed; or the browser has frozen it before, and it has let go. While
/// it is there its person may come back to it: then it opens the database again, and the other one is the
/// older.
bool strike_hand_over(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr || !device->signed_in()) return false;
    Random& random = scene.world().random();
    const bool back = device->node->older() != nullptr;
    if (back) device->node->close_older();
    if (!device->node->hand_over(!back && random.below(3) == 0)) return true;
    // A sign-in that was under way ends in the older tab, and the person begins anew in this one.
    device->signing_in = false;
    scene.world().after(milliseconds(random.between(1'000, 60'000)),
                        [device] { device->node->close_older(); });
    return true;
}

}  // namespace

extern const Fault hand_over;
const Fault hand_over{.name = "open another tab", .weights = {4, 4, 10, 8}, .strike = strike_hand_over};

}  // namespace parley::sim
