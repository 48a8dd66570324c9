// What is pinned.

#include "base/mutant.hpp"
#include "core/views.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {

Result<std::vector<PinView>> Views::pins(const StreamId& stream) {
    std::vector<PinView> pins;
    const Conversation* conversation = conversations_.find(stream);
    if (!conversation) return pins;
    TRY_ASSIGN(auto rows, rows_.of_type(conversation->number, protocol::Type::pin_changed));
    std::ranges::sort(rows, {}, [](const StoredRow& row) { return row.change.seq; });
    for (const StoredRow& row : rows) {
        TRY_ASSIGN(auto pin, pinned(*conversation, row));
        if (pin) pins.push_back(std::move(*pin));
    }
    TRY(apply_pins(*conversation, pins));
    return pins;
}

/// Nothing where it was unpinned, or its message is deleted, be it on this device alone so far; or where the
/// server lost the pin in a restore.
Result<std::optional<PinView>> Views::pinned(const Conversation& c, const StoredRow& row) const {
    if (row.change.unreadable || row.not_on_server) return std::nullopt;
    const auto& pin = std::get<protocol::PinChanged>(row.change.payload);
    if (pin.removed && !mutant(Mutant::unpinned_is_shown)) return std::nullopt;
    PinView view{
        .id = pin.id, .born = pin.message, .sender = pin.sender, .by = pin.by, .at = row.change.timestamp};
    TRY_ASSIGN(const auto held, rows_.find(c.number, pin.message));
    if (!held || held->change.unreadable) return view;
    TRY_ASSIGN(view.message, message(c, *held));
    if (view.message->deleted) return std::nullopt;
    return view;
}

/// What the person has said is shown at once, the last word of it.
Status Views::apply_pins(const Conversation& c, std::vector<PinView>& pins) const {
    const AccountId& self = identity_.get().account;
    for (const Command* command : outbox_.in_lane(lane_of_conversation(c.stream))) {
        if (command->type != protocol::Type::message_pin || command->state == CommandState::failed) continue;
        TRY_ASSIGN(const auto envelope, outbox_.envelope(*command));
        const auto& asked = std::get<protocol::MessagePin>(envelope.payload);
        const AccountId sender = asked.sender.value_or(self);
        const auto shown = std::ranges::find_if(
            pins, [&](const PinView& pin) { return pin.id == asked.message && pin.sender == sender; });
        if (asked.remove) {
            if (shown != pins.end()) pins.erase(shown);
            continue;
        }
        if (shown != pins.end()) continue;
        PinView view{.id = asked.message, .sender = sender, .by = self, .at = command->made_at};
        TRY_ASSIGN(const auto held, rows_.find_message(c.number, asked.message, sender));
        if (held) {
            view.born = held->change.born;
            TRY_ASSIGN(view.message, message(c, *held));
        } else if (const Command* waiting = outbox_.find(asked.message);
                   waiting && waiting->type == protocol::Type::message_send) {
            TRY_ASSIGN(view.message, pending_message(*waiting));
        }
        if (view.message && view.message->deleted) continue;
        view.changing = true;
        pins.push_back(std::move(view));
    }
    return {};
}

}  // namespace parley::core
