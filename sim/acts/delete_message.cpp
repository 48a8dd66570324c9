#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// For everyone: mostly what the person said himself, otherwise what somebody else did, which owners may; now
/// and then what was deleted before.
bool perform_delete_message(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& view = pick_lively(scene, views);
    const bool own = random.below(4) != 0;
    const bool again = random.below(12) == 0;
    const auto message = pick_message(scene, device, view, [&](const core::MessageView& one) {
        return one.own == own && one.state != core::MessageState::failed && one.deleted == again;
    });
    if (!message) return false;
    protocol::MessageDelete deletion{.message = message->id};
    deletion.target.stream = view.stream;
    if (!message->own) deletion.sender = message->sender;
    return scene.give(device, std::move(deletion)).has_value();
}

}  // namespace

extern const Act delete_message;
const Act delete_message{.name = "delete a message", .weight = 4, .perform = perform_delete_message};

}  // namespace parley::sim
