#include "sim/acts/act.hpp"
#include "sim/said.hpp"

namespace parley::sim {

namespace {

/// Answers one of the newest messages, names somebody, both or neither.
protocol::MessageSend message_for(Scene& scene, Device& device, const core::ConversationView& view) {
    Random& random = scene.world().random();
    protocol::MessageSend message{.text = new_text(scene, device)};
    message.target.stream = view.stream;
    if (random.below(4) == 0) {
        const auto window = device.node->client().window(view.stream, {.limit = 5});
        if (window && !window->messages.empty()) {
            const auto& answered = random.pick(window->messages);
            if (answered.born > 0) message.reply_to = answered.id;
        }
    }
    if (random.below(4) == 0) {
        const auto people = others(scene, device);
        if (!people.empty()) message.mentions = {random.pick(people)};
    }
    message.entities = some_entities(random, message.text, others(scene, device));
    return message;
}

bool perform_send_group(Scene& scene, Device& device) {
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& view = pick_lively(scene, views);
    return scene.give(device, message_for(scene, device, view)).has_value();
}

}  // namespace

extern const Act send_group;
const Act send_group{
    .name = "send to a conversation", .weight = 20, .always = true, .perform = perform_send_group};

}  // namespace parley::sim
