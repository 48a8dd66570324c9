#include "sim/acts/act.hpp"
#include "sim/said.hpp"

namespace parley::sim {

namespace {

/// Another text for something that the person said lately, accepted or not; now and then for what somebody
/// else said, which is refused.
bool perform_edit_message(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& view = pick_lively(scene, views);
    const bool of_others = random.below(16) == 0;
    const auto message = pick_message(scene, device, view, [&](const core::MessageView& one) {
        return one.own != of_others && one.state != core::MessageState::failed && !one.deleted;
    });
    if (!message) return false;
    protocol::MessageEdit edit{.message = message->id, .text = new_text(scene, device)};
    edit.target.stream = view.stream;
    const auto people = others(scene, device);
    if (!people.empty() && random.below(3) == 0) edit.mentions = {random.pick(people)};
    edit.entities = some_entities(random, edit.text, people);
    if (random.below(8) == 0) {
        edit.custom = some_custom(random, edit.text);
        // What is long is no fallback.
        if (edit.text.size() > 900 || random.below(2) == 0)
            edit = {edit.target, edit.message, {}, {}, {}, edit.custom};
    }
    return scene.give(device, std::move(edit)).has_value();
}

}  // namespace

extern const Act edit_message;
const Act edit_message{.name = "edit a message", .weight = 6, .perform = perform_edit_message};

}  // namespace parley::sim
