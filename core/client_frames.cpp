// What the server says, envelope by envelope.

#include "base/utf8.hpp"
#include "core/client_impl.hpp"
#include "core/commands.hpp"
#include "core/rules/messages.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace parley::core {

using protocol::Envelope;
using protocol::Type;

Status Client::Impl::handle_frame(std::string_view frame) {
    if (!session_.has_socket()) return {};
    session_.handle_heard(now_.instant);
    auto decoded = protocol::decode_frame(frame, options_.encoding);
    if (!decoded) {
        session_.drop(static_cast<std::uint16_t>(CloseCode::malformed), now_);
        handle_lost_connection();
        return {};
    }
    for (auto& one : *decoded) {
        if (auto* envelope = std::get_if<Envelope>(&one)) {
            const auto answers = envelope->re;
            TRY(handle_envelope(std::move(*envelope)));
            if (answers) outbox_.answered(*answers);
        } else {
            const auto& rejected = std::get<protocol::Rejected>(one);
            TRY(handle_unreadable(rejected));
            if (rejected.re) outbox_.answered(*rejected.re);
        }
        if (!session_.has_socket()) return {};
    }
    return {};
}

/// What this version cannot read is of a later one. A row keeps its place. A question whose answer
/// it was is not asked again on this connection; a command is sent again later, since what became of it is
/// not known.
Status Client::Impl::handle_unreadable(const protocol::Rejected& rejected) {
    if (rejected.change) return handle_row(rejected.stream, *rejected.change);
    if (!rejected.re) return {};
    answered_ = true;
    if (!pulls_.asked(*rejected.re))
        return outbox_.refused(*rejected.re, Error{ErrorCode::internal, "the answer cannot be read", 0, {}},
                               now_);
    (void)pulls_.handle_error(*rejected.re, {ErrorCode::malformed, {}, {}, {}, {}}, now_);
    return {};
}

Status Client::Impl::handle_envelope(Envelope envelope) {
    if (protocol::is_change(envelope.type())) return handle_change(std::move(envelope));
    switch (envelope.type()) {
        case Type::hello:
        case Type::auth_ok:
        case Type::token_expiring:
        case Type::pong:
        case Type::closing:
            return handle_connection_message(envelope);
        case Type::sync:
        case Type::resumed:
        case Type::conversation_state:
        case Type::receipt:
        case Type::skip:
            return handle_sync_message(envelope);
        case Type::typing_changed:
            handle_typing(envelope);
            return {};
        case Type::error:
            return handle_error(envelope);
        case Type::message_accepted:
        case Type::message_reacted:
        case Type::conversation_created:
        case Type::read_ok:
        case Type::done:
        case Type::profiles:
        case Type::message_history_ok:
        case Type::invite:
        case Type::link_made:
        case Type::links:
        case Type::link_view:
        case Type::link_joined:
        case Type::changes_ok:
        case Type::page_ok:
        case Type::rows_ok:
            return handle_reply(envelope);
        default:
            return {};
    }
}

void Client::Impl::handle_typing(const Envelope& envelope) {
    const auto& changed = std::get<protocol::TypingChanged>(envelope.payload);
    const Conversation* conversation = conversations_.find(envelope.stream);
    if (!conversation || !conversation->present || changed.account == identity_.get().account) return;
    // It was under way when he was blocked.
    if (blocks_.stands(changed.account)) return;
    typing_.handle_changed(envelope.stream, changed, now_.instant);
}

Status Client::Impl::handle_connection_message(const Envelope& envelope) {
    if (const auto* hello = std::get_if<protocol::Hello>(&envelope.payload))
        session_.handle_hello(*hello, now_.instant);
    if (const auto* ok = std::get_if<protocol::AuthOk>(&envelope.payload)) {
        const Identity& identity = identity_.get();
        if (ok->account != identity.account || ok->device != identity.device) {
            // Whoever that is, what he says must not come into this database.
            session_.drop(static_cast<std::uint16_t>(CloseCode::policy), now_);
            return {};
        }
        const bool first = session_.phase() == Session::Phase::authenticating;
        session_.handle_auth_ok(*ok, now_.instant);
        if (first) {
            const auto time = session_.server_time(now_.instant);
            const bool told_before = identity.heard_at.ms > 0;
            pulls_.handle_signed_in(time && told_before ? *time - identity.heard_at : Duration{});
            receipts_.handle_signed_in();
        }
    }
    if (std::holds_alternative<protocol::TokenExpiring>(envelope.payload))
        session_.handle_token_expiring(now_.instant);
    if (const auto* closing = std::get_if<protocol::Closing>(&envelope.payload))
        session_.handle_closing(*closing);
    if (const auto* pong = std::get_if<protocol::Pong>(&envelope.payload)) {
        receipts_.handle_pong(pong->token.has_value());
        if (pong->token && session_.phase() == Session::Phase::live) account_.handle_token(*pong->token);
        if (caught_up_ && !pulls_.owes_anything()) note_heard();
    }
    return {};
}

/// Everything that the server has told is here. A part of it does not count: whoever was away for long and is
/// cut off in the middle has still been away for long.
void Client::Impl::note_heard() {
    if (const auto time = session_.server_time(now_.instant)) identity_.edit().heard_at = *time;
}

Status Client::Impl::handle_sync_message(const Envelope& envelope) {
    // Nothing that a token covers may come before the connection is signed in.
    if (session_.phase() < Session::Phase::resuming) return {};
    if (const auto* sync = std::get_if<protocol::Sync>(&envelope.payload)) {
        account_.handle_token(sync->token);
        answered_ = true;
    }
    if (const auto* resumed = std::get_if<protocol::Resumed>(&envelope.payload)) {
        session_.handle_resumed(now_.instant);
        answered_ = true;
        return account_.handle_resumed(*resumed);
    }
    if (envelope.stream.empty()) return {};
    if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload))
        return streams_.handle_state(envelope.stream, *state);
    if (const auto* receipt = std::get_if<protocol::Receipt>(&envelope.payload)) {
        Conversation* conversation = conversations_.find(envelope.stream);
        return conversation ? receipts_.handle_receipt(*conversation, *receipt) : Status{};
    }
    if (std::holds_alternative<protocol::Skip>(envelope.payload) && envelope.seq)
        streams_.handle_skip(envelope.stream, *envelope.seq);
    return {};
}

Status Client::Impl::handle_change(Envelope envelope) {
    const StreamId stream = envelope.stream;
    const auto change = protocol::to_change(std::move(envelope));
    if (!change || stream.empty()) return {};
    return handle_row(stream, *change);
}

Status Client::Impl::handle_row(const StreamId& stream, const protocol::Change& change) {
    if (session_.phase() < Session::Phase::resuming) return {};
    if (stream.text() == identity_.get().account.text()) return account_.handle_change(change, now_.wall);
    if (const auto* message = std::get_if<protocol::MessageNew>(&change.payload))
        typing_.handle_message(stream, message->sender);
    return streams_.handle_change(stream, change, now_.wall);
}

Status Client::Impl::handle_error(const Envelope& envelope) {
    const auto& error = std::get<protocol::ErrorReply>(envelope.payload);
    if (envelope.re && session_.handle_refusal(*envelope.re, class_of(error.code), now_)) return {};
    if (class_of(error.code) == ErrorClass::sign_in) session_.handle_token_refused(now_);
    if (!envelope.re) return {};
    answered_ = true;
    if (pulls_.asked(*envelope.re)) {
        if (pulls_.handle_error(*envelope.re, error, now_)) {
            account_.start_over();
            session_.drop(static_cast<std::uint16_t>(CloseCode::going_away), now_);
        }
        return {};
    }
    const Error failure{error.code, error.message, error.retry_after_ms.value_or(0),
                        error.field.value_or("")};
    const Command* refused = outbox_.find(*envelope.re);
    if (refused) touch_for(refused->type);
    const auto stream = refused ? conversation_of_lane(refused->lane) : std::nullopt;
    Conversation* conversation = stream ? conversations_.find(*stream) : nullptr;
    if (conversation && conversation->summary.slow_ms && error.code == ErrorCode::slow_mode)
        conversation->said_at =
            server_time() + milliseconds(failure.retry_after_ms - *conversation->summary.slow_ms);
    return outbox_.refused(*envelope.re, failure, now_);
}

}  // namespace parley::core
