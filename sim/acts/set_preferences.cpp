#include "protocol/generated/cpp/limits.hpp"
#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

WallTime some_end(Random& random, WallTime now) {
    switch (random.below(5)) {
        case 0:
            return {};
        case 1:
            return {limits::muted_forever};
        case 2:
            return now + seconds(random.between(3'600, 100'000));
        default:
            return now + milliseconds(random.between(1, 60'000));
    }
}

/// Mutes, archives, pins, marks or says what alerts; one or two of these at once. Now and then where somebody
/// is out, which is refused.
bool perform_set_preferences(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    auto views = conversations_and_pending(scene, device);
    if (random.below(16) == 0) {
        if (auto all = scene.list(device)) views = std::move(*all);
        std::erase_if(views, [](const auto& one) { return one.pending; });
    }
    if (views.empty()) return false;
    const auto& view = pick_lively(scene, views);
    protocol::PreferencesSet set;
    set.target = name_for(scene, device, view);
    for (std::int64_t left = random.between(1, 2); left > 0; --left) {
        switch (random.below(6)) {
            case 0:
                set.muted_until = some_end(random, device.node->now().wall);
                break;
            case 1:
                set.archived = random.below(3) == 0;
                break;
            case 2:
                set.pinned = random.below(2) == 0;
                break;
            case 3:
                set.notify = static_cast<protocol::Notify>(random.between(1, 4));
                break;
            default:
                set.marked_unread = random.below(4) != 0;
        }
    }
    return scene.give(device, std::move(set)).has_value();
}

}  // namespace

extern const Act set_preferences;
const Act set_preferences{.name = "set preferences", .weight = 5, .perform = perform_set_preferences};

}  // namespace parley::sim
