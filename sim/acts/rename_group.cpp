#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform_rename_group(Scene& scene, Device& device) {
    const auto views = conversations_of(scene, device, true);
    if (views.empty()) return false;
    protocol::ConversationRename rename{.title = "name " + std::to_string(scene.world().next_number())};
    rename.target.stream = pick_lively(scene, views).stream;
    return scene.give(device, std::move(rename)).has_value();
}

}  // namespace

extern const Act rename_group;
const Act rename_group{.name = "rename a group", .weight = 1, .perform = perform_rename_group};

}  // namespace parley::sim
