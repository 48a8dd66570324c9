// The outbox and slow mode: messages that wait for their turn.

#include "core/commands.hpp"
#include "core/outbox.hpp"

namespace parley::core {

void Outbox::hold_messages(const std::string& name, Instant until) {
    slow_[name] = until;
    note_next(name);
    announce(name);
}

void Outbox::let_messages_go(Instant now) {
    for (auto& [name, until] : slow_) {
        ++looked_at_;
        if (!until || *until > now) continue;
        until.reset();
        if (lanes_.contains(name)) note_next(name);
    }
}

void Outbox::slow_mode_changed(const StreamId& stream) {
    const std::string name = lane_of_conversation(stream);
    if (slow_.erase(name) != 0 && lanes_.contains(name)) note_next(name);
}

/// Messages themselves; what is about one that is not accepted yet; and what ends one's sending there, or
/// changes who may: that is meant to come after what was said.
bool Outbox::waits_for_its_message(const Command& command) const {
    switch (command.type) {
        case protocol::Type::message_edit:
        case protocol::Type::message_delete:
            return positions_.contains(command.changes->id);
        case protocol::Type::message_react:
            return positions_.contains(command.reaction->message.id);
        case protocol::Type::preferences_set:
        case protocol::Type::draft_set:
        case protocol::Type::message_history:
            return false;
        default:
            return true;
    }
}

}  // namespace parley::core
