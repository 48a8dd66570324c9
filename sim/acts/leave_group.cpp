#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform(Scene& scene, Device& device) {
    const auto views = conversations_of(device, true);
    if (views.empty()) return false;
    protocol::ConversationLeave leave;
    leave.target.stream = scene.world().random().pick(views).stream;
    return scene.give(device, std::move(leave)).has_value();
}

}  // namespace

extern const Act leave_group;
const Act leave_group{.name = "leave a group", .weight = 1, .perform = perform};

}  // namespace parley::sim
