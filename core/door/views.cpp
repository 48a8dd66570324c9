#include "core/door/views.hpp"

#include "base/utf8.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <type_traits>

namespace parley::core {
namespace {

constexpr std::size_t failure_points_max = 500;

std::optional<protocol::DoorFailure> failure_where(const std::optional<Error>& error) {
    if (!error) return std::nullopt;
    return door_failure(*error);
}

std::optional<StreamId> named(const StreamId& stream) {
    if (stream.empty()) return std::nullopt;
    return stream;
}

protocol::ViewState state_of(MessageState state) {
    switch (state) {
        case MessageState::sending:
            return protocol::ViewState::sending;
        case MessageState::sent:
            return protocol::ViewState::sent;
        case MessageState::delivered:
            return protocol::ViewState::delivered;
        case MessageState::read:
            return protocol::ViewState::read;
        case MessageState::failed:
            return protocol::ViewState::failed;
    }
    return protocol::ViewState::sending;
}

protocol::ViewState state_of(CommandState state) {
    switch (state) {
        case CommandState::queued:
            return protocol::ViewState::queued;
        case CommandState::in_flight:
            return protocol::ViewState::sending;
        case CommandState::failed:
            return protocol::ViewState::failed;
    }
    return protocol::ViewState::queued;
}

}  // namespace

protocol::DoorConnection door_connection(Connection connection) {
    switch (connection) {
        case Connection::signed_out:
            return protocol::DoorConnection::signed_out;
        case Connection::offline:
            return protocol::DoorConnection::offline;
        case Connection::connecting:
            return protocol::DoorConnection::connecting;
        case Connection::catching_up:
            return protocol::DoorConnection::catching_up;
        case Connection::online:
            return protocol::DoorConnection::online;
        case Connection::revoked:
            return protocol::DoorConnection::revoked;
        case Connection::replaced:
            return protocol::DoorConnection::replaced;
        case Connection::lease_lost:
            return protocol::DoorConnection::lease_lost;
        case Connection::broken:
            return protocol::DoorConnection::broken;
    }
    return protocol::DoorConnection::broken;
}

protocol::DoorFailure door_failure(const Error& error) {
    protocol::DoorFailure failure{
        .code = error.code,
        .message = std::string(first_code_points(error.context, failure_points_max)),
        .retry_after_ms = error.retry_after_ms};
    if (!error.field.empty()) failure.field = error.field;
    return failure;
}

Error error_of(const protocol::DoorFailure& failure) {
    return {failure.code, failure.message, failure.retry_after_ms, failure.field.value_or("")};
}

protocol::DoorNotice door_notice(const Notice& notice) {
    protocol::DoorNotice out;
    std::visit(
        [&out](const auto& what) {
            using What = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<What, ConnectionChanged>) {
                out.connection = door_connection(what.now);
            } else if constexpr (std::is_same_v<What, ListChanged>) {
                out.list = true;
            } else if constexpr (std::is_same_v<What, ConversationTouched>) {
                out.touched = what.stream;
            } else if constexpr (std::is_same_v<What, CommandSettled>) {
                out.settled = door_view(what);
            } else if constexpr (std::is_same_v<What, BadgeChanged>) {
                out.badge = true;
            } else if constexpr (std::is_same_v<What, SignOutEnded>) {
                out.signed_out = protocol::DoorSignOutEnd{.failure = failure_where(what.failure)};
            } else {
                out.signed_in = protocol::DoorSignInEnd{.failure = failure_where(what.failure)};
            }
        },
        notice);
    return out;
}

protocol::ViewConversation door_view(const ConversationView& conversation) {
    protocol::ViewConversation out{.stream = named(conversation.stream),
                                   .summary = conversation.summary,
                                   .unread = conversation.unread,
                                   .mentions = conversation.mentions,
                                   .read = conversation.read,
                                   .head = conversation.head,
                                   .present = conversation.present,
                                   .complete = conversation.complete,
                                   .made_by = conversation.made_by,
                                   .peer = conversation.peer,
                                   .unreadable = conversation.unreadable,
                                   .failure = failure_where(conversation.failure),
                                   .from = conversation.from,
                                   .muted = conversation.muted,
                                   .muted_until = conversation.muted_until,
                                   .archived = conversation.archived,
                                   .pinned = conversation.pinned,
                                   .marked_unread = conversation.marked_unread,
                                   .notify = conversation.notify,
                                   .badge = conversation.badge,
                                   .blocked = conversation.blocked};
    for (const TypingView& one : conversation.typing)
        out.typing.push_back({.account = one.account, .kind = one.kind});
    out.next_message_at = conversation.next_message_at;
    if (const auto& draft = conversation.draft)
        out.draft = protocol::ViewDraft{.text = draft->text, .reply_to = draft->reply_to, .at = draft->at};
    if (conversation.last) out.last = door_view(*conversation.last);
    return out;
}

protocol::ViewMessage door_view(const MessageView& message) {
    protocol::ViewMessage out{.id = message.id,
                              .born = message.born,
                              .sender = message.sender,
                              .text = message.text,
                              .reply_to = message.reply_to,
                              .mentions = message.mentions,
                              .at = message.at,
                              .own = message.own,
                              .state = message.own ? state_of(message.state) : protocol::ViewState::sent,
                              .failure = failure_where(message.failure),
                              .not_on_server = message.not_on_server,
                              .in_doubt = message.in_doubt,
                              .edited_at = message.edited_at,
                              .deleted = message.deleted,
                              .changing = message.changing,
                              .entities = message.entities,
                              .names_all = message.names_all,
                              .silent = message.silent,
                              .custom = message.custom,
                              .forwarded = message.forwarded,
                              .blocked = message.blocked};
    for (const ReactionView& reaction : message.reactions)
        out.reactions.push_back({.emoji = reaction.emoji,
                                 .count = reaction.count,
                                 .own = reaction.own,
                                 .accounts = reaction.accounts,
                                 .changing = reaction.changing});
    return out;
}

protocol::ViewWindow door_view(const WindowView& window) {
    protocol::ViewWindow out{
        .more_before = window.more_before, .more_after = window.more_after, .missing = window.missing};
    out.messages.reserve(window.messages.size());
    for (const MessageView& message : window.messages)
        out.messages.push_back(door_view(message));
    return out;
}

protocol::ViewMember door_view(const MemberView& member) {
    return {.profile = member.profile,
            .role = member.role,
            .present = member.present,
            .delivered = member.delivered,
            .read = member.read,
            .invited_by = member.invited_by,
            .blocked = member.blocked};
}

protocol::ViewPin door_view(const PinView& pin) {
    protocol::ViewPin out{.id = pin.id,
                          .born = pin.born,
                          .sender = pin.sender,
                          .by = pin.by,
                          .at = pin.at,
                          .changing = pin.changing};
    if (pin.message) out.message = door_view(*pin.message);
    return out;
}

protocol::ViewBlocked door_view(const BlockedView& blocked) {
    return {.account = blocked.account,
            .profile = blocked.profile,
            .at = blocked.at,
            .changing = blocked.changing};
}

protocol::ViewDevice door_view(const DeviceView& device) {
    return {.device = device.device, .name = device.name, .created_at = device.created_at, .own = device.own};
}

protocol::DoorSettled door_view(const CommandSettled& settled) {
    protocol::DoorSettled out{.command = settled.command,
                              .failure = failure_where(settled.failure),
                              .stream = named(settled.stream)};
    if (!settled.reply) return out;
    if (const auto* found = std::get_if<protocol::Profiles>(&*settled.reply)) out.profiles = found->profiles;
    if (const auto* history = std::get_if<protocol::MessageHistoryOk>(&*settled.reply)) {
        out.earlier = history->texts;
        out.more = history->more;
    }
    if (const auto* invite = std::get_if<protocol::Invite>(&*settled.reply)) {
        out.invite = invite->code;
        out.expires_at = invite->expires_at;
    }
    if (const auto* made = std::get_if<protocol::LinkMade>(&*settled.reply)) out.links = {made->link};
    if (const auto* found = std::get_if<protocol::Links>(&*settled.reply)) out.links = found->links;
    if (const auto* view = std::get_if<protocol::LinkView>(&*settled.reply)) out.view = *view;
    return out;
}

protocol::ViewCommand door_view(const OutboxView& command) {
    protocol::ViewCommand out{.id = command.id,
                              .type = std::string(name_of(protocol::type_of(command.command))),
                              .state = state_of(command.state),
                              .failure = failure_where(command.failure)};
    std::visit(
        [&out](const auto& what) {
            if constexpr (requires { what.target.stream; }) out.target = what.target;
            if constexpr (requires { what.text.size(); }) out.text = what.text;
            if constexpr (requires { what.title.size(); }) out.text = what.title;
            if constexpr (requires { what.emoji.size(); }) out.text = what.emoji;
            if constexpr (requires { what.message.bytes; }) out.message = what.message;
            if constexpr (requires { what.forward->message; })
                if (what.forward) out.message = what.forward->message;
        },
        command.command);
    return out;
}

}  // namespace parley::core
