// The outbox and slow mode: messages that wait for their turn.

#include "base/mutant.hpp"
#include "core/commands.hpp"
#include "core/outbox.hpp"

#include <algorithm>
#include <limits>

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

/// From this position on messages wait for their turn.
std::int64_t Outbox::held_from(const std::string& name, const Lane& lane) const {
    constexpr std::int64_t nowhere = std::numeric_limits<std::int64_t>::max();
    const auto slow = slow_.find(name);
    if (slow == slow_.end()) return nowhere;
    if (slow->second) return 0;
    const auto message =
        std::ranges::find(lane.in_flight, protocol::Type::message_send,
                          [&](std::int64_t position) { return commands_.at(position).type; });
    return message == lane.in_flight.end() ? nowhere : *message;
}

/// True: while this goes before a message that is not accepted yet, it would come too early.
bool Outbox::waits_for_its_message(const Command& command) const {
    if (command.changes) return positions_.contains(command.changes->id);
    return command.reaction && positions_.contains(command.reaction->message.id);
}

/// Of reads the highest, which says what the others do. Of all else the first that is not under way.
std::int64_t Outbox::next_of(const std::string& name, const Lane& lane) const {
    const auto queued = [&](std::int64_t position) {
        return commands_.at(position).state == CommandState::queued;
    };
    if (!lane.reads.empty()) {
        const std::int64_t highest = lane.reads.rbegin()->second;
        return queued(highest) ? highest : 0;
    }
    const bool any = mutant(Mutant::outbox_order_lost_on_reconnect);
    const std::int64_t held = held_from(name, lane);
    std::int64_t next = 0;
    for (std::int64_t position : lane.waiting) {
        ++looked_at_;
        if (position >= held) break;
        if (!queued(position)) continue;
        next = position;
        if (!any) return next;
    }
    for (auto beside = lane.besides.lower_bound(held); next == 0 && beside != lane.besides.end(); ++beside) {
        ++looked_at_;
        if (queued(*beside) && !waits_for_its_message(commands_.at(*beside))) next = *beside;
    }
    return next;
}

}  // namespace parley::core
