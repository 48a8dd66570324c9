#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform_leave_group(Scene& scene, Device& device) {
    const auto views = conversations_of(scene, device, true);
    if (views.empty()) return false;
    Random& random = scene.world().random();
    const StreamId stream = pick_lively(scene, views).stream;
    // Mostly not without a word.
    const auto words = random.below(3);
    for (std::uint64_t word = 0; word < words; ++word) {
        protocol::MessageSend message{.text = new_text(scene, device)};
        message.target.stream = stream;
        scene.give(device, std::move(message));
    }
    protocol::ConversationLeave leave;
    leave.target.stream = stream;
    return scene.give(device, std::move(leave)).has_value();
}

}  // namespace

extern const Act leave_group;
const Act leave_group{.name = "leave a group", .weight = 1, .perform = perform_leave_group};

}  // namespace parley::sim
