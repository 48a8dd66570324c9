#include "tests/unit/core/small_server.hpp"

#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::test {

using protocol::Envelope;

int SmallServer::connect() {
    const int number = ++last_connection_;
    Envelope hello;
    hello.payload = protocol::Hello{1, limits::heartbeat_ms, limits::frame_bytes_max, WallTime{clock_}};
    send(sessions_[number], {hello});
    return number;
}

SmallServer::Session* SmallServer::session(int connection) {
    auto found = sessions_.find(connection);
    return found == sessions_.end() ? nullptr : &found->second;
}

void SmallServer::send(Session& session, const std::vector<Envelope>& envelopes) {
    std::string frame;
    for (const Envelope& envelope : envelopes) {
        std::string encoded;
        protocol::append_envelope(encoded, envelope, encoding_);
        protocol::append_to_frame(frame, encoded, encoding_);
    }
    session.frames.push_back(std::move(frame));
}

void SmallServer::receive(int connection, std::string_view frame) {
    auto decoded = protocol::decode_frame(frame, encoding_);
    if (!decoded) {
        if (Session* open = session(connection)) open->close_code = 4003;
        return;
    }
    for (auto& one : *decoded)
        if (auto* envelope = std::get_if<Envelope>(&one)) handle(connection, *envelope);
}

void SmallServer::handle(int connection, const Envelope& envelope) {
    Session* session = this->session(connection);
    if (!session || session->close_code) return;
    session->received.push_back(envelope);
    if (std::holds_alternative<protocol::Auth>(envelope.payload)) return handle_auth(connection, envelope);
    Envelope reply;
    reply.re = envelope.id;
    reply.timestamp = WallTime{clock_};
    if (session->account.empty()) {
        reply.payload = refusal(ErrorCode::not_signed_in);
        return send(*session, {reply});
    }
    if (const auto* asked = std::get_if<protocol::Resume>(&envelope.payload))
        return resume(*session, asked->token);
    if (std::holds_alternative<protocol::Ping>(envelope.payload)) {
        reply.payload =
            protocol::Pong{session->resumed ? std::optional(token()) : std::nullopt, WallTime{clock_}};
        return send(*session, {reply});
    }
    if (refuse) {
        if (auto refused = refuse(envelope)) {
            reply.payload = *refused;
            return send(*session, {reply});
        }
    }
    if (const auto* ack = std::get_if<protocol::Ack>(&envelope.payload)) {
        for (const auto& position : ack->streams) {
            auto& conversation = store_.conversations[position.stream];
            auto& receipt = conversation.receipts[session->account];
            receipt.account = session->account;
            receipt.delivered = std::max(receipt.delivered, position.seq);
            conversation.moved = ++store_.position;
            push_receipt(position.stream, session->account);
        }
        return;
    }
    const auto type = envelope.type();
    if (type == protocol::Type::changes || type == protocol::Type::page || type == protocol::Type::rows) {
        reply.payload = answer(*session, envelope.payload);
        return send(*session, {reply});
    }
    Outcome outcome = carry_out(*session, envelope);
    push(outcome.changes, session);
    send(*session, {outcome.reply});
}

void SmallServer::handle_auth(int connection, const Envelope& envelope) {
    Session& session = sessions_[connection];
    const auto& auth = std::get<protocol::Auth>(envelope.payload);
    Envelope reply;
    reply.re = envelope.id;
    for (const auto& [id, device] : store_.devices) {
        if (device.signed_out || !device.access_tokens.contains(auth.token)) continue;
        for (auto& [other_number, other] : sessions_)
            if (other.device == id && other_number != connection) other.close_code = 4005;
        session.account = device.account;
        session.device = id;
        reply.payload = protocol::AuthOk{device.account, id, SessionId("s" + std::to_string(connection)),
                                         WallTime{clock_ + 900'000}};
        return send(session, {reply});
    }
    reply.payload = refusal(ErrorCode::token_expired);
    send(session, {reply});
    if (session.account.empty()) session.close_code = 4001;
}

std::string SmallServer::token() const {
    return std::to_string(store_.epoch) + ":" + std::to_string(store_.position);
}

void SmallServer::resume(Session& session, const std::optional<std::string>& token_given) {
    std::int64_t after = 0;
    if (token_given && token_given->starts_with(std::to_string(store_.epoch) + ":"))
        after = std::stoll(token_given->substr(token_given->find(':') + 1));
    const auto add_token = [&](std::vector<Envelope>& frame, std::int64_t position) {
        Envelope sync;
        sync.payload = protocol::Sync{std::to_string(store_.epoch) + ":" + std::to_string(position)};
        frame.push_back(sync);
        send(session, frame);
        frame.clear();
    };
    std::vector<Envelope> frame;
    const Account& account = store_.accounts.at(session.account);
    for (const auto& change : account.stream.by_seq()) {
        if (account.stream.rows.at(std::to_string(change.born)).position <= after) continue;
        frame.push_back(to_envelope(StreamId(session.account.text()), change));
    }
    // What covers the account stream only may not cover states: the old position stands until these are sent.
    if (!frame.empty()) add_token(frame, after);
    std::vector<std::pair<std::int64_t, StreamId>> moved;
    for (const auto& [stream, conversation] : store_.conversations)
        if (present(conversation, session.account) && conversation.moved > after)
            moved.emplace_back(conversation.moved, stream);
    std::ranges::sort(moved, std::greater{});
    for (const auto& [position, stream] : moved) {
        Envelope envelope;
        envelope.stream = stream;
        envelope.payload = state(session.account, stream);
        frame.push_back(envelope);
        if (frame.size() == 2) add_token(frame, after);
    }
    Envelope resumed;
    resumed.payload = protocol::Resumed{token(), store_.epoch};
    frame.push_back(resumed);
    send(session, frame);
    session.resumed = true;
}

void SmallServer::fall_back() {
    for (auto& [number, session] : sessions_)
        if (session.resumed && !session.close_code) resume(session, std::nullopt);
}

void SmallServer::say(int connection, const protocol::Payload& payload) {
    Envelope envelope;
    envelope.payload = payload;
    if (Session* open = session(connection)) send(*open, {envelope});
}

void SmallServer::push(const std::vector<Pushed>& changes, const Session* author) {
    if (lose_pushes_) return;
    for (auto& [number, session] : sessions_) {
        if (!session.resumed || session.close_code) continue;
        std::vector<Envelope> frame;
        for (const auto& [stream, change] : changes) {
            if (stream.text() == session.account.text()) {
                frame.push_back(to_envelope(stream, change));
                continue;
            }
            auto found = store_.conversations.find(stream);
            if (found == store_.conversations.end() || !present(found->second, session.account)) continue;
            if (&session == author && is_message(change)) continue;
            if (change.seq < found->second.members.at(session.account).back().from) continue;
            if (sees(found->second, session.account, change)) {
                frame.push_back(to_envelope(stream, change));
                continue;
            }
            Envelope skip;
            skip.stream = stream;
            skip.seq = change.seq;
            skip.payload = protocol::Skip{};
            frame.push_back(skip);
        }
        if (!frame.empty()) send(session, frame);
    }
}

void SmallServer::push_receipt(const StreamId& stream, const AccountId& of) {
    const Conversation& conversation = store_.conversations.at(stream);
    for (auto& [number, session] : sessions_) {
        if (!session.resumed || session.close_code || lose_pushes_ || session.account == of) continue;
        if (!present(conversation, session.account)) continue;
        Envelope envelope;
        envelope.stream = stream;
        envelope.payload = conversation.receipts.at(of);
        send(session, {envelope});
    }
}

void SmallServer::close_all(std::uint16_t code) {
    for (auto& [number, session] : sessions_)
        session.close_code = code;
}

void SmallServer::warn_of_tokens() {
    for (const auto& [number, session] : sessions_)
        if (!session.account.empty()) say(number, protocol::TokenExpiring{WallTime{clock_ + 60'000}});
}

void SmallServer::expire_tokens() {
    for (auto& [id, device] : store_.devices)
        device.access_tokens.clear();
}

void SmallServer::revoke(const DeviceId& device) {
    store_.devices.at(device).revoked = store_.devices.at(device).signed_out = true;
    for (auto& [number, session] : sessions_)
        if (session.device == device) session.close_code = 4004;
}

void SmallServer::restore(Store backup) {
    const Store replaced = std::exchange(store_, std::move(backup));
    store_.epoch = replaced.epoch + 1;
    // No number comes twice, whichever of the two had given more.
    const auto jump = [](Stream& stream, const Stream* before) {
        stream.head = std::max(stream.head, before ? before->head : 0) + limits::restore_jump;
    };
    for (auto& [id, account] : store_.accounts) {
        const auto before = replaced.accounts.find(id);
        jump(account.stream, before == replaced.accounts.end() ? nullptr : &before->second.stream);
    }
    for (auto& [id, conversation] : store_.conversations) {
        const auto before = replaced.conversations.find(id);
        conversation.restored_from = conversation.stream.head;
        jump(conversation.stream, before == replaced.conversations.end() ? nullptr : &before->second.stream);
        conversation.moved = ++store_.position;
    }
    close_all(1001);
}

}  // namespace parley::test
