// The outbox and what is to be done to messages: edits and deletions, and the messages that they change.

#include "core/commands.hpp"
#include "core/outbox.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

using protocol::Type;

Error deleted_with_its_message() {
    return {ErrorCode::message_deleted, "the message is deleted, and so is its edit", 0, {}};
}

}  // namespace

/// An own message of which nobody has heard: it was in no output yet, or it was refused for good.
const Command* Outbox::only_here(const Uuid& message) const {
    const Command* command = find(message);
    if (!command || command->type != Type::message_send) return nullptr;
    return !command->attempted || command->state == CommandState::failed ? command : nullptr;
}

Status Outbox::change_here(const Command& message, const Uuid& id, const protocol::Payload& change,
                           WallTime now) {
    const StreamId stream = conversation_of_lane(message.lane).value_or(StreamId());
    const auto* edit = std::get_if<protocol::MessageEdit>(&change);
    if (!edit) {
        TRY(withdraw(message.id));
        return settle_deletion(id, stream, now);
    }
    TRY(give_text(message, *edit));
    TRY(remember(id, Type::message_edit, stream, now));
    output_.notify(Notice{CommandSettled{id, std::nullopt, stream, std::nullopt}});
    return {};
}

/// A message was refused: nobody has it, and the server would refuse what waits to be done to it.
Status Outbox::change_refused(Uuid message, WallTime now) {
    const auto found = changes_.find(ChangedMessage{message, std::nullopt});
    if (found == changes_.end()) return {};
    const Command& refused = *this->find(message);
    const Error why = refused.failure.value_or(Error{});
    std::vector<Command> changes;
    for (const std::int64_t position : found->second)
        changes.push_back(commands_.at(position));
    const bool deleted = std::ranges::count(changes, Type::message_delete, &Command::type) > 0;
    for (const Command& change : changes) {
        const StreamId stream = conversation_of_lane(change.lane).value_or(StreamId());
        if (change.type == Type::message_delete) {
            TRY(forget(change));
            TRY(settle_deletion(change.id, stream, now));
            continue;
        }
        if (!deleted) {
            TRY_ASSIGN(const auto edit, envelope(change));
            TRY(give_text(refused, std::get<protocol::MessageEdit>(edit.payload)));
        }
        TRY(drop_edit(change.id, deleted ? deleted_with_its_message() : why));
    }
    return deleted ? withdraw(message) : Status{};
}

Status Outbox::give_text(const Command& message, const protocol::MessageEdit& edit) {
    TRY_ASSIGN(auto waiting, envelope(message));
    auto& send = std::get<protocol::MessageSend>(waiting.payload);
    send.text = edit.text;
    send.mentions = edit.mentions;
    announce(message.lane);
    return rewrite(message, waiting.payload);
}

/// Takes out a message of which nobody has heard. What replies to it goes out as what replies to nothing,
/// since the server would refuse it.
Status Outbox::withdraw(Uuid message) {
    const Command gone = *find(message);
    TRY(drop_edits(gone.lane, message));
    for (const Command* reply : in_lane(gone.lane)) {
        if (reply->type != Type::message_send || reply->state == CommandState::in_flight) continue;
        TRY_ASSIGN(auto waiting, envelope(*reply));
        auto& send = std::get<protocol::MessageSend>(waiting.payload);
        if (send.reply_to != message) continue;
        send.reply_to.reset();
        TRY(rewrite(*reply, waiting.payload));
    }
    database_.erase_from_log();
    announce(gone.lane);
    TRY(forget(gone));
    if (gone.state == CommandState::failed) return {};
    const Error why{ErrorCode::message_deleted, "the message is deleted, and was never sent", 0, {}};
    const StreamId stream = conversation_of_lane(gone.lane).value_or(StreamId());
    output_.notify(Notice{CommandSettled{message, why, stream, std::nullopt}});
    return {};
}

Status Outbox::settle_deletion(const Uuid& id, const StreamId& stream, WallTime now) {
    TRY(remember(id, Type::message_delete, stream, now));
    output_.notify(Notice{CommandSettled{id, std::nullopt, stream, std::nullopt}});
    return {};
}

/// The edits of an own message that are not under way: it is deleted, or going to be.
Status Outbox::drop_edits(const std::string& lane, const Uuid& message) {
    std::vector<Uuid> dropped;
    for (const Command* edit : in_lane(lane)) {
        const bool of_this = edit->type == Type::message_edit && edit->changes->id == message;
        if (of_this && edit->state != CommandState::in_flight) dropped.push_back(edit->id);
    }
    for (const Uuid& edit : dropped)
        TRY(drop_edit(edit, deleted_with_its_message()));
    return {};
}

Status Outbox::drop_edit(Uuid id, const Error& why) {
    const Command edit = *find(id);
    database_.erase_from_log();
    announce(edit.lane);
    TRY(forget(edit));
    if (edit.state == CommandState::failed) return {};
    const StreamId stream = conversation_of_lane(edit.lane).value_or(StreamId());
    output_.notify(Notice{CommandSettled{id, why, stream, std::nullopt}});
    return {};
}

Status Outbox::message_deleted(const Uuid& message, const AccountId& sender, bool own, const StreamId& stream,
                               WallTime now) {
    if (own) TRY(drop_edits(lane_of_conversation(stream), message));
    std::vector<Uuid> done;
    for (const Command* change : changes_of(message, sender, own)) {
        if (change->type == protocol::Type::message_delete && change->state == CommandState::queued)
            done.push_back(change->id);
    }
    for (const Uuid& deletion : done)
        TRY(accepted(deletion, stream, std::nullopt, now));
    return {};
}

}  // namespace parley::core
