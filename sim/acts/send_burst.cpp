#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform_send_burst(Scene& scene, Device& device) {
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& view = pick_lively(scene, views);
    const std::int64_t count = scene.world().random().between(5, 30);
    for (std::int64_t one = 0; one < count; ++one) {
        protocol::MessageSend message{.text = new_text(scene, device)};
        message.target.stream = view.stream;
        if (!scene.give(device, std::move(message))) return one > 0;
    }
    return true;
}

}  // namespace

extern const Act send_burst;
const Act send_burst{.name = "send a burst", .weight = 3, .perform = perform_send_burst};

}  // namespace parley::sim
