#include "protocol/generated/cpp/limits.hpp"
#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// A group goes into slow mode, or comes out of it. Never so slow that what people have pasted does not go
/// out before everything has to be at rest.
bool perform_set_slow_mode(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    if (views.empty()) return false;
    const auto& view = pick_of_rank(scene, views);
    protocol::SlowModeSet set{.target = name_for(scene, device, view)};
    // Now and then what is so already.
    const bool slow = view.summary.slow_ms ? random.below(4) == 0 : random.below(6) != 0;
    if (slow) set.interval_ms = random.between(limits::slow_mode_ms_min, 1'500);
    return scene.give(device, std::move(set)).has_value();
}

}  // namespace

extern const Act set_slow_mode;
const Act set_slow_mode{.name = "set slow mode", .weight = 3, .perform = perform_set_slow_mode};

}  // namespace parley::sim
