// The outbox and what is to be done to messages: edits, deletions and reactions, and the messages that they
// change.

#include "core/commands.hpp"
#include "core/outbox.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

using protocol::Type;

Error deleted_with_its_message() {
    return {
        ErrorCode::message_deleted, "the message is deleted, and with it what was to be done to it", 0, {}};
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
    const Command& refused = *this->find(message);
    const Error why = refused.failure.value_or(Error{});
    TRY(drop_reactions({message, std::nullopt}, why));
    const auto found = changes_.find(ChangedMessage{message, std::nullopt});
    if (found == changes_.end()) return {};
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
        TRY(drop_needless(change.id, deleted ? deleted_with_its_message() : why));
    }
    return deleted ? withdraw(message) : Status{};
}

/// What was forwarded are another's words.
Status Outbox::may_be_edited(const Uuid& message) const {
    const Command* waiting = find(message);
    if (!waiting || !waiting->forward) return {};
    return fail(Error{ErrorCode::not_allowed, "what is forwarded are another's words", 0, "message"});
}

Status Outbox::give_text(const Command& message, const protocol::MessageEdit& edit) {
    TRY_ASSIGN(auto waiting, envelope(message));
    auto& send = std::get<protocol::MessageSend>(waiting.payload);
    send.text = edit.text;
    send.mentions = edit.mentions;
    send.entities = edit.entities;
    send.custom = edit.custom;
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
        TRY(drop_needless(edit, deleted_with_its_message()));
    return drop_reactions({message, std::nullopt}, deleted_with_its_message());
}

/// The reactions to a message that are not under way: there is nothing to react to.
Status Outbox::drop_reactions(const ChangedMessage& message, const Error& why) {
    std::vector<Uuid> dropped;
    for (const Command* reaction : waiting_for(reactions_, message))
        if (reaction->state == CommandState::queued) dropped.push_back(reaction->id);
    for (const Uuid& reaction : dropped)
        TRY(drop_needless(reaction, why));
    return {};
}

bool Outbox::reaction_waits(const AskedReaction& reaction) const {
    return std::ranges::any_of(waiting_for(reactions_, reaction.message), [&](const Command* waiting) {
        return waiting->reaction->emoji == reaction.emoji;
    });
}

/// What was said before by this emoji of this message, and is not under way or was refused: what is said now
/// is all that there is to say.
Status Outbox::drop_same_reactions(const std::string& lane, const AskedReaction& reaction, WallTime now) {
    auto others = waiting_for(reactions_, reaction.message);
    // What was refused stands with its lane alone, and is little.
    if (const auto found = lanes_.find(lane); found != lanes_.end())
        for (const std::int64_t position : found->second.failed)
            others.push_back(&commands_.at(position));
    std::vector<Command> dropped;
    for (const Command* other : others) {
        if (!other->reaction || other->state == CommandState::in_flight) continue;
        if (other->reaction->message == reaction.message && other->reaction->emoji == reaction.emoji)
            dropped.push_back(*other);
    }
    for (const Command& other : dropped)
        TRY(settle_needless(other, now));
    return {};
}

Status Outbox::drop_needless(Uuid id, const Error& why) {
    const Command needless = *find(id);
    if (needless.type == Type::message_edit) database_.erase_from_log();
    announce(needless.lane);
    TRY(forget(needless));
    if (needless.state == CommandState::failed) return {};
    const StreamId stream = conversation_of_lane(needless.lane).value_or(StreamId());
    output_.notify(Notice{CommandSettled{id, why, stream, std::nullopt}});
    return {};
}

Status Outbox::message_deleted(const Uuid& message, const AccountId& sender, bool own, const StreamId& stream,
                               WallTime now) {
    if (own) {
        TRY(drop_edits(lane_of_conversation(stream), message));
    } else {
        TRY(drop_reactions({message, sender}, deleted_with_its_message()));
    }
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
