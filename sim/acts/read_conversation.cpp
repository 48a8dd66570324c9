#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

void read_up_to(Scene& scene, Device& device, const StreamId& stream, std::int64_t upto) {
    protocol::Read read{.upto = upto};
    read.target.stream = stream;
    scene.give(device, std::move(read));
}

/// Mostly to the end of what is shown, sometimes only into it, and on to the end a moment later.
bool perform_read_conversation(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& view = pick_lively(scene, views);
    const auto window = device.node->client().window(view.stream, {.limit = 20});
    if (!window) return false;
    std::int64_t upto = 0;
    for (const auto& message : window->messages) {
        if (message.born > 0 && (upto == 0 || random.below(4) != 0)) upto = message.born;
    }
    if (upto == 0) return false;
    read_up_to(scene, device, view.stream, upto);
    const std::int64_t end = window->messages.back().born;
    if (end > upto) {
        scene.world().after(
            milliseconds(random.between(5, 400)),
            [&scene, &device, stream = view.stream, end] { read_up_to(scene, device, stream, end); });
    }
    return true;
}

}  // namespace

extern const Act read_conversation;
const Act read_conversation{
    .name = "read", .weight = 10, .always = true, .perform = perform_read_conversation};

}  // namespace parley::sim
