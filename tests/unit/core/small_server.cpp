#include "tests/unit/core/small_server.hpp"

#include "core/rules/counts.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::test {

using protocol::Envelope;

namespace {

protocol::ErrorReply refusal(ErrorCode code) {
    return {code, std::string(sentence(code)), {}, {}, {}};
}

std::vector<protocol::Change> by_seq(const SmallServer::Stream& stream) {
    std::vector<protocol::Change> rows;
    for (const auto& [key, row] : stream.rows)
        rows.push_back(row.change);
    std::ranges::sort(rows, {}, &protocol::Change::seq);
    return rows;
}

std::vector<protocol::Change> by_born(const SmallServer::Stream& stream) {
    auto rows = by_seq(stream);
    std::ranges::sort(rows, {}, &protocol::Change::born);
    return rows;
}

bool is_message(const protocol::Change& change) {
    return std::holds_alternative<protocol::MessageNew>(change.payload);
}

}  // namespace

// Sessions.

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
    for (const auto& change : by_seq(account.stream)) {
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

void SmallServer::fall_back(int connection) {
    if (Session* open = session(connection)) resume(*open, std::nullopt);
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

void SmallServer::expire_tokens() {
    for (auto& [id, device] : store_.devices)
        device.access_tokens.clear();
}

void SmallServer::revoke(const DeviceId& device) {
    store_.devices.at(device).revoked = store_.devices.at(device).signed_out = true;
    for (auto& [number, session] : sessions_)
        if (session.device == device) session.close_code = 4004;
}

// Reading.

bool SmallServer::present(const Conversation& conversation, const AccountId& account) {
    auto found = conversation.members.find(account);
    return found != conversation.members.end() &&
           found->second.back().until == std::numeric_limits<std::int64_t>::max();
}

bool SmallServer::sees(const Conversation& conversation, const AccountId& reader,
                       const protocol::Change& change) {
    if (!is_message(change)) return true;
    return std::ranges::any_of(conversation.members.at(reader), [&](const Interval& interval) {
        return interval.from <= change.born && change.born <= interval.until;
    });
}

protocol::Payload SmallServer::answer(Session& session, const protocol::Payload& question) {
    if (const auto* asked = std::get_if<protocol::Changes>(&question))
        return changes(session.account, *asked);
    if (const auto* asked = std::get_if<protocol::Page>(&question)) return page(session.account, *asked);
    return rows(session.account, std::get<protocol::Rows>(question));
}

protocol::Payload SmallServer::changes(const AccountId& reader, const protocol::Changes& asked) const {
    const Stream* stream = nullptr;
    const Conversation* conversation = nullptr;
    if (asked.stream.text() == reader.text()) {
        stream = &store_.accounts.at(reader).stream;
    } else {
        auto found = store_.conversations.find(asked.stream);
        if (found == store_.conversations.end() || !present(found->second, reader))
            return refusal(ErrorCode::conversation_not_member);
        conversation = &found->second;
        stream = &conversation->stream;
    }
    protocol::ChangesOk ok;
    ok.after = asked.after;
    ok.head = ok.upto = stream->head;
    for (const auto& change : by_seq(*stream)) {
        if (change.seq <= asked.after || (conversation && !sees(*conversation, reader, change))) continue;
        const auto* member = std::get_if<protocol::MemberChanged>(&change.payload);
        if (asked.only && !(member && !member->present)) continue;
        if (static_cast<std::int64_t>(ok.rows.size()) == rows_max) {
            ok.more = true;
            ok.upto = ok.rows.back().seq;
            break;
        }
        ok.rows.push_back(change);
    }
    return ok;
}

protocol::Payload SmallServer::page(const AccountId& reader, const protocol::Page& asked) const {
    auto found = store_.conversations.find(asked.stream);
    if (found == store_.conversations.end() || !present(found->second, reader))
        return refusal(ErrorCode::conversation_not_member);
    const Conversation& conversation = found->second;
    std::vector<protocol::Change> visible;
    for (const auto& change : by_born(conversation.stream))
        if (is_message(change) && sees(conversation, reader, change)) visible.push_back(change);

    const auto count = static_cast<std::ptrdiff_t>(visible.size());
    const auto first_from = [&](std::int64_t born) {
        return std::ranges::lower_bound(visible, born, {}, &protocol::Change::born) - visible.begin();
    };
    std::ptrdiff_t low = 0;
    std::ptrdiff_t high = count;
    if (asked.before) {
        high = *asked.before == 0 ? count : first_from(*asked.before);
        low = std::max<std::ptrdiff_t>(0, high - rows_max);
    } else if (asked.after) {
        low = first_from(*asked.after + 1);
        high = std::min<std::ptrdiff_t>(count, low + rows_max);
    } else if (asked.around) {
        const auto middle = first_from(*asked.around + 1);
        low = std::max<std::ptrdiff_t>(0, middle - rows_max / 2);
        high = std::min<std::ptrdiff_t>(count, middle + rows_max / 2);
    }
    protocol::PageOk ok;
    ok.as_of = conversation.stream.head;
    if (asked.from && asked.to) {
        ok.from = *asked.from;
        ok.to = *asked.to;
        for (const auto& change : visible)
            if (change.born >= ok.from && change.born <= ok.to && change.seq > asked.since.value_or(0))
                ok.rows.push_back(change);
        return ok;
    }
    ok.more_before = low > 0;
    ok.more_after = high < count;
    ok.rows.assign(visible.begin() + low, visible.begin() + high);
    ok.from = ok.rows.empty() ? 1 : ok.rows.front().born;
    ok.to = ok.rows.empty() ? 0 : ok.rows.back().born;
    return ok;
}

protocol::Payload SmallServer::rows(const AccountId& reader, const protocol::Rows& asked) const {
    auto found = store_.conversations.find(asked.stream);
    if (found == store_.conversations.end() || !present(found->second, reader))
        return refusal(ErrorCode::conversation_not_member);
    protocol::RowsOk ok;
    ok.as_of = found->second.stream.head;
    for (const auto& change : by_born(found->second.stream)) {
        const bool member = std::holds_alternative<protocol::MemberChanged>(change.payload);
        const bool settings = std::holds_alternative<protocol::ConversationChanged>(change.payload);
        if (!(asked.kind == protocol::RowKind::member ? member : settings) || change.born <= asked.after)
            continue;
        if (static_cast<std::int64_t>(ok.rows.size()) == rows_max) {
            ok.more = true;
            break;
        }
        ok.rows.push_back(change);
    }
    return ok;
}

protocol::Summary SmallServer::summary(const AccountId& reader, const Conversation& conversation) const {
    protocol::Summary summary;
    summary.kind = conversation.kind;
    summary.title = conversation.title;
    summary.role = conversation.roles.at(reader);
    for (const auto& [account, intervals] : conversation.members) {
        summary.members += present(conversation, account);
        if (conversation.kind == protocol::ConversationKind::direct && account != reader)
            summary.peer = store_.accounts.at(account).profile;
    }
    return summary;
}

protocol::ConversationState SmallServer::state(const AccountId& reader, const StreamId& stream) const {
    const Conversation& conversation = store_.conversations.at(stream);
    const Account& account = store_.accounts.at(reader);
    protocol::ConversationState state;
    state.head = conversation.stream.head;
    std::tie(state.unread, state.mentions) = unread(reader, stream);
    state.as_of = {conversation.stream.head, account.stream.head};
    if (auto read = account.read.find(stream); read != account.read.end()) state.read = read->second;
    state.from = conversation.members.at(reader).back().from;
    for (const auto& [other, receipt] : conversation.receipts)
        if (other != reader) state.receipts.push_back(receipt);
    if (auto visible = messages_for(reader, stream); !visible.empty()) {
        const auto& last = visible.back();
        const auto& message = std::get<protocol::MessageNew>(last.payload);
        state.last = protocol::Preview{*last.id, last.born, message.sender, message.text.substr(0, 20),
                                       last.timestamp};
    }
    state.summary = summary(reader, conversation);
    state.restored_from = conversation.restored_from;
    return state;
}

std::pair<std::int64_t, std::int64_t> SmallServer::unread(const AccountId& reader,
                                                          const StreamId& stream) const {
    const auto& read = store_.accounts.at(reader).read;
    const auto found = read.find(stream);
    core::rules::Tally tally;
    for (const auto& change : messages_for(reader, stream))
        tally.add(core::rules::counts_for(reader, change.payload), change.born,
                  found == read.end() ? 0 : found->second);
    return {tally.unread, tally.mentions};
}

std::int64_t SmallServer::unread_for(const AccountId& account, const StreamId& stream) const {
    return unread(account, stream).first;
}

std::vector<protocol::Change> SmallServer::messages_for(const AccountId& account,
                                                        const StreamId& stream) const {
    std::vector<protocol::Change> messages;
    const Conversation& conversation = store_.conversations.at(stream);
    for (const auto& change : by_born(conversation.stream))
        if (is_message(change) && sees(conversation, account, change)) messages.push_back(change);
    return messages;
}

}  // namespace parley::test
