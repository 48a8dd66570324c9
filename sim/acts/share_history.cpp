#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// A group begins to share its history with those who join, or ends that.
bool perform_share_history(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    if (views.empty()) return false;
    const auto& view = pick_of_rank(scene, views);
    // Now and then what is so already. Mostly it stays for a while, so that somebody comes into it.
    const bool change = random.below(6) != 0;
    const bool shared = view.summary.history_from.has_value() ? !change || random.below(3) != 0 : change;
    return scene
        .give(device, protocol::HistoryShare{.target = name_for(scene, device, view), .shared = shared})
        .has_value();
}

}  // namespace

extern const Act share_history;
const Act share_history{.name = "share the history", .weight = 3, .perform = perform_share_history};

}  // namespace parley::sim
