#include "server/api/commands.hpp"
#include "server/api/reads.hpp"
#include "server/api/session.hpp"
#include "server/api/shard.hpp"

#include <memory>
#include <utility>

namespace parley::server {

namespace {

/// Reads go on when less than this waits for the connection, so that answers queue up in the store and not
/// here.
constexpr std::size_t read_ahead_bytes = 65'536;

constexpr std::int64_t busy_retry_ms = 500;

}  // namespace

void Session::write(protocol::Envelope envelope) {
    const bool message = envelope.type() == protocol::Type::message_send;
    if (message) shard_.ports().metrics.messages_in.add();
    auto command = to_command(std::move(envelope.payload));
    if (!command) {
        refuse(envelope.id, {ErrorCode::unknown_type, "Clients do not send this type.", 0, {}});
        return;
    }
    const auto id = command_id(envelope.id);
    if (!id) {
        refuse(envelope.id, id.error());
        return;
    }
    if (too_many_unanswered()) {
        refuse(*id, {ErrorCode::rate_limited, "Wait for answers before sending more.", busy_retry_ms, {}});
        return;
    }
    if (is_rate_limited(*command)) {
        if (const auto wait = shard_.ports().limits.take_message(account_, shard_.now().instant)) {
            refuse(*id, {ErrorCode::rate_limited, "Too many commands; slow down.", wait->ms, {}});
            return;
        }
    }
    if (!shard_.submit(*this, *id, envelope.follows, std::move(*command))) {
        refuse(*id, {ErrorCode::unavailable, "The server is busy.", busy_retry_ms, {}});
        return;
    }
    ++unanswered_;
}

void Session::ask(protocol::Envelope envelope) {
    ++unanswered_;
    waiting_.push_back({envelope.id, to_read(account_, std::move(envelope.payload))});
    shard_.mark_dirty(*this);
}

void Session::read_next() {
    if (reading_ || waiting_.empty() || outbound_.bytes() > read_ahead_bytes) return;
    auto text = std::make_shared<std::string>();  // by the read and by what follows it
    protocol::Envelope reply;
    reply.re = waiting_.front().re;
    reply.timestamp = shard_.now().wall;
    const bool reading = shard_.ports().reads.submit(
        shard_.options().number,
        [text, reply, read = waiting_.front().read, encoding = encoding_](Snapshot& snapshot) {
            auto answer = read(snapshot);
            protocol::Envelope envelope = reply;
            if (answer) {
                envelope.payload = std::move(answer->payload);
                envelope.stream = answer->stream;
            } else {
                envelope.payload = error_reply(answer.error());
            }
            protocol::append_envelope(*text, envelope, encoding);
        },
        [&shard = shard_, key = key_, re = reply.re, text] {
            if (Session* session = shard.find(key)) session->finish_read(re, text);
        });
    if (!reading) {
        const auto re = reply.re;
        waiting_.erase(waiting_.begin());
        --unanswered_;
        refuse(re, {ErrorCode::unavailable, "Too many are reading just now.", busy_retry_ms, {}});
        return;
    }
    reading_ = true;
    waiting_.erase(waiting_.begin());
}

void Session::finish_read(std::optional<Uuid> re, SharedText text) {
    reading_ = false;
    if (unanswered_ > 0) --unanswered_;
    shard_.mark_dirty(*this);
    if (text->empty()) return refuse(re, not_read().error());
    if (closed()) return;
    // Whatever the queue's bound is, one answer fits beside it: the next is read when this one has left.
    outbound_.push_reply(std::move(text));
    count_queued();
}

}  // namespace parley::server
