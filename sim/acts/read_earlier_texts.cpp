#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// What a message said before, whoever wrote it; now and then of one that was never edited.
bool perform_read_earlier_texts(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& view = pick_lively(scene, views);
    const bool any = random.below(4) == 0;
    const auto message = pick_message(scene, device, view, [&](const core::MessageView& one) {
        return one.born != 0 && (any || one.edited_at || one.deleted);
    });
    if (!message) return false;
    protocol::MessageHistory question{.stream = view.stream, .message = message->id};
    if (!message->own || random.below(2) == 0) question.sender = message->sender;
    if (random.below(6) == 0) question.after = message->born;
    return scene.give(device, std::move(question)).has_value();
}

}  // namespace

extern const Act read_earlier_texts;
const Act read_earlier_texts{
    .name = "read what was said before an edit", .weight = 2, .perform = perform_read_earlier_texts};

}  // namespace parley::sim
