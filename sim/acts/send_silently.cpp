#include "sim/acts/act.hpp"
#include "sim/said.hpp"

namespace parley::sim {

namespace {

/// At night, say: nobody is to be alerted, and it counts as ever.
bool perform_send_silently(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    protocol::MessageSend message{.text = new_text(scene, device), .silent = true};
    message.target.stream = pick_lively(scene, views).stream;
    message.entities = some_entities(random, message.text, others(scene, device));
    return scene.give(device, std::move(message)).has_value();
}

}  // namespace

extern const Act send_silently;
const Act send_silently{.name = "send silently", .weight = 4, .perform = perform_send_silently};

}  // namespace parley::sim
