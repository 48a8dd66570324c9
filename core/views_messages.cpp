// What is shown of a message: as its row has it, or as the outbox is going to send it.

#include "core/commands.hpp"
#include "core/rules/messages.hpp"
#include "core/views.hpp"

#include <utility>

namespace parley::core {

Result<MessageView> Views::message(const Conversation& conversation, const StoredRow& row) const {
    const auto& message = std::get<protocol::MessageNew>(row.change.payload);
    MessageView view;
    view.id = row.change.id.value_or(Uuid{});
    view.born = row.change.born;
    view.sender = message.sender;
    view.text = message.text;
    view.reply_to = message.reply_to;
    view.mentions = message.mentions;
    view.entities = message.entities;
    view.names_all = message.names_all;
    view.silent = message.silent;
    view.custom = message.custom;
    view.forwarded = message.forwarded;
    view.at = row.change.timestamp;
    view.own = message.sender == identity_.get().account;
    view.edited_at = message.edited_at;
    view.deleted = message.deleted_by.has_value();
    view.not_on_server = row.not_on_server;
    // What stood before one came in may be there for others: one saw it in a membership that was lost, or of
    // what was shared then, and is not told of it any more.
    const bool before_me = view.born < conversation.origin;
    view.in_doubt = row.not_on_server && (before_me || !conversation.ranges.at(view.born));
    TRY(apply_changes(view));
    if (!view.own) view.blocked = is_blocked(view.sender);
    // What others have of the server's new history says nothing of what it lost.
    if (!view.own || view.not_on_server) return view;
    if (conversation.read_by_all.at(view.born))
        view.state = MessageState::read;
    else if (conversation.delivered_to_all.at(view.born))
        view.state = MessageState::delivered;
    return view;
}

Result<MessageView> Views::pending_message(const Command& command) const {
    TRY_ASSIGN(auto envelope, outbox_.envelope(command));
    const auto& send = std::get<protocol::MessageSend>(envelope.payload);
    MessageView view;
    view.id = command.id;
    view.sender = identity_.get().account;
    view.text = send.text;
    view.reply_to = send.reply_to;
    view.mentions = rules::all_named(rules::said_by(send));
    view.entities = send.entities;
    view.names_all = rules::names_all(send.entities);
    view.silent = send.silent;
    view.custom = send.custom;
    if (send.forward) TRY(show_forwarded(*send.forward, view));
    view.at = command.made_at;
    view.own = true;
    view.state = command.state == CommandState::failed ? MessageState::failed : MessageState::sending;
    view.failure = command.failure;
    TRY(apply_changes(view));
    return view;
}

/// What the device would show of the message that is forwarded: nothing where that is deleted.
Result<MessageView> Views::forwarded_message(const protocol::ForwardOf& forward) const {
    const AccountId& self = identity_.get().account;
    const AccountId sender = forward.sender.value_or(self);
    if (const Conversation* conversation = conversations_.find(forward.stream)) {
        TRY_ASSIGN(const auto row, rows_.find_message(conversation->number, forward.message, sender));
        if (row) return message(*conversation, *row);
    }
    const Command* waiting = sender == self ? outbox_.find(forward.message) : nullptr;
    if (waiting && waiting->type == protocol::Type::message_send && !waiting->forward)
        return pending_message(*waiting);
    return MessageView{.sender = sender};
}

Status Views::show_forwarded(const protocol::ForwardOf& forward, MessageView& view) const {
    TRY_ASSIGN(auto said, forwarded_message(forward));
    if (said.deleted) return {};
    // By which name he goes then, the server knows.
    protocol::Forwarded first{.account = said.sender, .name = {}, .at = said.at};
    view.text = std::move(said.text);
    view.entities = rules::without_names(said.entities);
    view.custom = std::move(said.custom);
    view.forwarded = std::move(said.forwarded ? *said.forwarded : first);
    return {};
}

/// What the person has said about a message is shown at once.
Status Views::apply_changes(MessageView& view) const {
    if (view.deleted) return {};
    for (const Command* command : outbox_.changes_of(view.id, view.sender, view.own)) {
        TRY_ASSIGN(auto envelope, outbox_.envelope(*command));
        view.changing = true;
        if (auto* edit = std::get_if<protocol::MessageEdit>(&envelope.payload)) {
            view.mentions = rules::all_named(rules::said_by(*edit));
            view.text = std::move(edit->text);
            view.entities = std::move(edit->entities);
            view.custom = std::move(edit->custom);
            view.edited_at = command->made_at;
            continue;
        }
        view.text.clear();
        view.mentions.clear();
        view.entities.clear();
        view.silent = false;
        view.custom.reset();
        view.forwarded.reset();
        view.reply_to.reset();
        view.edited_at.reset();
        view.deleted = true;
        // What is asked of it after that will be refused.
        return {};
    }
    return {};
}

}  // namespace parley::core
