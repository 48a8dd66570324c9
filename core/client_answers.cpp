// What the server answers to commands and questions.

#include "base/mutant.hpp"
#include "base/utf8.hpp"
#include "core/client_impl.hpp"
#include "core/commands.hpp"
#include "core/rules/messages.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace parley::core {

using protocol::Envelope;
using protocol::Type;

Status Client::Impl::handle_reply(const Envelope& envelope) {
    if (!envelope.re) return {};
    answered_ = true;
    if (pulls_.asked(*envelope.re)) return pulls_.handle_reply(*envelope.re, envelope.payload, now_);
    switch (envelope.type()) {
        case Type::message_accepted:
            return handle_accepted(envelope);
        case Type::message_reacted:
            return handle_reacted(envelope);
        case Type::conversation_created:
            return handle_created(envelope);
        case Type::read_ok:
            return handle_read_ok(envelope);
        case Type::done:
            return handle_done(envelope);
        case Type::profiles: {
            for (const auto& profile : std::get<protocol::Profiles>(envelope.payload).profiles)
                TRY(profiles_.put(profile));
            return outbox_.accepted(*envelope.re, {}, envelope.payload, now_.wall);
        }
        case Type::message_history_ok:
            return handle_history_ok(envelope);
        case Type::invite:
        case Type::links:
        case Type::link_view:
            return outbox_.accepted(*envelope.re, {}, envelope.payload, now_.wall);
        case Type::link_made:
        case Type::link_joined:
            return outbox_.accepted(*envelope.re, envelope.stream, envelope.payload, now_.wall);
        default:
            return {};
    }
}

/// The sender's copy of his message: the row, with the text from the outbox, under the number that the server
/// gave. What a forward says comes with the answer; where it does not, the message is deleted since, and its
/// tombstone is pulled.
Status Client::Impl::handle_accepted(const Envelope& envelope) {
    if (envelope.stream.empty() || !envelope.seq || !envelope.timestamp) return {};
    const Command* command = outbox_.find(*envelope.re);
    if (!command || command->type != Type::message_send) {
        // The message came as a row before, and was settled by that; or it is unknown, and its place is
        // pulled.
        Conversation* conversation = conversations_.find(envelope.stream);
        if (!conversation) return {};
        conversation->head = std::max(conversation->head, *envelope.seq);
        conversations_.changed(*conversation);
        return {};
    }
    TRY_ASSIGN(auto sent, outbox_.envelope(*command));
    auto& send = std::get<protocol::MessageSend>(sent.payload);
    protocol::Change change;
    change.id = *envelope.re;
    change.seq = *envelope.seq;
    change.born = *envelope.seq;
    change.timestamp = *envelope.timestamp;
    const bool forward = send.forward.has_value();
    auto row = rules::row_of(identity_.get().account, std::move(send));
    if (forward) {
        const auto& about = std::get<protocol::MessageAccepted>(envelope.payload);
        if (!about.forwarded) return handle_accepted_without(envelope);
        if (!mutant(Mutant::answer_to_a_forward_ignored)) row.text = about.text;
        row.entities = about.entities;
        row.custom = about.custom;
        row.forwarded = about.forwarded;
    }
    change.payload = std::move(row);
    // Settled first, so that it carries the conversation's name even where the row alone would not tell it.
    TRY(outbox_.accepted(*envelope.re, envelope.stream, std::nullopt, now_.wall));
    return streams_.handle_change(envelope.stream, change, now_.wall);
}

Status Client::Impl::handle_accepted_without(const Envelope& envelope) {
    TRY(outbox_.accepted(*envelope.re, envelope.stream, std::nullopt, now_.wall));
    Conversation& conversation = conversations_.open(envelope.stream);
    conversation.head = std::max(conversation.head, *envelope.seq);
    conversations_.changed(conversation);
    return {};
}

/// The change that it made comes as a row, now or by a pull. What is shown already does not wait for it.
Status Client::Impl::handle_done(const Envelope& envelope) {
    Conversation* conversation = conversations_.find(envelope.stream);
    if (conversation && envelope.seq && *envelope.seq > conversation->head) {
        conversation->head = *envelope.seq;
        conversations_.changed(*conversation);
    }
    const Command* command = outbox_.find(*envelope.re);
    if (command && (command->type == Type::preferences_set || command->type == Type::draft_set))
        return handle_set(envelope, *command);
    if (command && command->type == Type::block_set) return handle_block_set(envelope, *command);
    if (!command || !command->changes) {
        return outbox_.accepted(*envelope.re, envelope.stream, std::nullopt, now_.wall);
    }
    // Where there was nothing to do, the answer names no conversation.
    if (!conversation)
        if (const auto stream = conversation_of_lane(command->lane))
            conversation = conversations_.find(*stream);
    const ChangedMessage changes = *command->changes;
    TRY_ASSIGN(const auto asked, outbox_.envelope(*command));
    TRY(outbox_.accepted(*envelope.re, envelope.stream, std::nullopt, now_.wall));
    return conversation ? show_changed(*conversation, envelope, changes, asked.payload) : Status{};
}

/// The row as the command leaves it, under the numbers that the server gave; or none is left.
Status Client::Impl::handle_reacted(const Envelope& envelope) {
    const auto& [born, at] = std::get<protocol::MessageReacted>(envelope.payload);
    const Command* command = outbox_.find(*envelope.re);
    const auto asked = command ? command->reaction : std::nullopt;
    const auto named = command ? conversation_of_lane(command->lane) : std::nullopt;
    Conversation* conversation = named ? conversations_.find(*named) : conversations_.find(envelope.stream);
    TRY(outbox_.accepted(*envelope.re, envelope.stream, std::nullopt, now_.wall));
    if (!asked || !conversation) return {};
    if (envelope.seq && *envelope.seq > conversation->head) {
        conversation->head = *envelope.seq;
        conversations_.changed(*conversation);
    }
    const AccountId& self = identity_.get().account;
    TRY_ASSIGN(const auto message, rows_.find_message(conversation->number, asked->message.id,
                                                      asked->message.sender.value_or(self)));
    if (!message || message->not_on_server) return {};
    if (!envelope.seq || !envelope.timestamp || !born)
        return rows_.note_taken_back(conversation->number, message->change.born, asked->emoji);
    protocol::ReactionChanged reaction{.message = message->change.born, .account = self};
    if (!asked->remove) reaction.emoji = asked->emoji;
    return streams_.handle_change(conversation->stream,
                                  {.seq = *envelope.seq,
                                   .born = *born,
                                   .timestamp = at.value_or(*envelope.timestamp),
                                   .payload = std::move(reaction)},
                                  now_.wall);
}

/// What one sets for oneself becomes a row of the account's stream. Where the answer overtakes it, what is
/// shown already does not wait for it either.
Status Client::Impl::handle_set(const Envelope& envelope, const Command& command) {
    const StreamId stream = conversation_of_lane(command.lane).value_or(StreamId());
    if (envelope.seq && envelope.timestamp && !stream.empty()) {
        TRY_ASSIGN(const auto asked, outbox_.envelope(command));
        const bool latest =
            own_settings_.handle_done(stream, asked.payload, *envelope.seq, *envelope.timestamp);
        // What it said may have been taken away since, and be nowhere else but in this command.
        if (!latest && command.type == Type::draft_set) database_.erase_from_log();
        if (command.type == Type::draft_set) TRY(outbox_.draft_done(command, *envelope.seq));
    }
    return outbox_.accepted(*envelope.re, stream, std::nullopt, now_.wall);
}

/// The message as the command that is done leaves it: its row, under the number that the server gave. Where
/// it was deleted before, the row that says when and by whom takes the place of this one.
Status Client::Impl::show_changed(Conversation& conversation, const Envelope& answer,
                                  const ChangedMessage& which, const protocol::Payload& command) {
    const AccountId& self = identity_.get().account;
    const AccountId sender = which.sender.value_or(self);
    const auto* edit = std::get_if<protocol::MessageEdit>(&command);
    TRY_ASSIGN(auto held, rows_.find_message(conversation.number, which.id, sender));
    if (!held) {
        auto& preview = conversation.preview;
        if (!preview || preview->id != which.id || preview->sender != sender || preview->deleted) return {};
        preview->deleted = edit == nullptr;
        preview->text = edit ? first_code_points(edit->text, limits::preview_points_max) : "";
        preview->entities.clear();
        if (edit)
            preview->entities = rules::cut_entities(edit->text, edit->entities, limits::preview_points_max);
        conversations_.changed(conversation);
        return {};
    }
    auto& message = std::get<protocol::MessageNew>(held->change.payload);
    if (held->not_on_server || message.deleted_by) return {};
    if (edit) {
        if (!answer.seq || !answer.timestamp) return {};
        rules::say(message, *edit);
        message.edited_at = answer.timestamp;
    } else {
        message = rules::tombstone_of(message, self);
    }
    if (!answer.seq) {
        conversation.shown.reset();
        return rows_.note_deleted(conversation.number, held->change);
    }
    held->change.seq = *answer.seq;
    return streams_.handle_change(conversation.stream, held->change, now_.wall);
}

Status Client::Impl::handle_created(const Envelope& envelope) {
    if (envelope.stream.empty()) return {};
    Conversation& conversation = conversations_.open(envelope.stream);
    conversation.head = std::max(conversation.head, envelope.seq.value_or(0));
    conversations_.changed(conversation);
    return outbox_.accepted(*envelope.re, envelope.stream, std::nullopt, now_.wall);
}

Status Client::Impl::handle_read_ok(const Envelope& envelope) {
    const auto& ok = std::get<protocol::ReadOk>(envelope.payload);
    if (Conversation* conversation = conversations_.find(envelope.stream))
        streams_.handle_counts(*conversation, {{ok.unread, ok.mentions}, ok.as_of, ok.upto});
    return outbox_.accepted(*envelope.re, envelope.stream, std::nullopt, now_.wall);
}

/// The answer may be of the moment before the message was deleted.
Status Client::Impl::handle_history_ok(const Envelope& envelope) {
    auto told = std::get<protocol::MessageHistoryOk>(envelope.payload);
    const Command* command = outbox_.find(*envelope.re);
    if (!command || command->type != Type::message_history) return {};
    TRY_ASSIGN(const auto sent, outbox_.envelope(*command));
    const auto& asked = std::get<protocol::MessageHistory>(sent.payload);
    if (const Conversation* conversation = conversations_.find(asked.stream)) {
        const AccountId& sender = asked.sender.value_or(identity_.get().account);
        TRY_ASSIGN(const auto held, rows_.find_message(conversation->number, asked.message, sender));
        const auto* message = held ? std::get_if<protocol::MessageNew>(&held->change.payload) : nullptr;
        if (message != nullptr && message->deleted_by) told.texts.clear();
    }
    return outbox_.accepted(*envelope.re, {}, std::move(told), now_.wall);
}

}  // namespace parley::core
