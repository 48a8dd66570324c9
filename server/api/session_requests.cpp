#include "protocol/generated/cpp/limits.hpp"
#include "server/api/busy.hpp"
#include "server/api/commands.hpp"
#include "server/api/encoding.hpp"
#include "server/api/reads.hpp"
#include "server/api/session.hpp"
#include "server/api/shard.hpp"
#include "server/store/view.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace parley::server {

namespace {

/// Reads go on when less than this waits for the connection, so that answers queue up in the store and not
/// here.
constexpr std::size_t read_ahead_bytes = 65'536;

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
    // What was to follow one that was put off costs nothing, or a dear one would wait for ever.
    if (envelope.follows && std::ranges::count(put_off_, *envelope.follows) > 0) {
        put_off(*id,
                {ErrorCode::follows_refused, "the command that this one follows was not accepted", 0, {}});
        return;
    }
    if (const auto cost = rate_cost(*command); cost > 0) {
        if (const auto wait = shard_.ports().limits.take_message(account_, shard_.now().instant, cost)) {
            put_off(*id, {ErrorCode::rate_limited, "Too many commands; slow down.", wait->ms, {}});
            return;
        }
    }
    if (std::holds_alternative<protocol::LinkJoin>(*command)) {
        if (const auto wait = shard_.ports().limits.take_link_try(account_, shard_.now().instant))
            return put_off(*id, too_many_links(*wait));
    }
    std::erase(put_off_, *id);
    if (!shard_.submit(*this, *id, envelope.follows, std::move(*command))) {
        refuse(*id, busy());
        return;
    }
    ++unanswered_;
}

void Session::put_off(const Uuid& id, const Error& error) {
    std::erase(put_off_, id);
    if (std::cmp_greater_equal(put_off_.size(), limits::in_flight_max)) put_off_.erase(put_off_.begin());
    put_off_.push_back(id);
    refuse(id, error);
}

void Session::ask(protocol::Envelope envelope) {
    ++unanswered_;
    WaitingRead asked{.re = envelope.id, .read = nullptr, .opens = std::nullopt};
    if (const auto* subscribe = std::get_if<protocol::Subscribe>(&envelope.payload))
        asked.opens = subscribe->stream;
    asked.read = to_read(account_, std::move(envelope.payload), shard_.now().wall);
    waiting_.push_back(std::move(asked));
    shard_.mark_dirty(*this);
}

void Session::read_next() {
    if (reading_ || waiting_.empty() || outbound_.bytes() > read_ahead_bytes) return;
    // One answer is always with the kernel of who reads, and another behind it only while there is room for
    // all.
    const bool has_something = writing_ || !outbound_.empty();
    if (has_something && !shard_.has_room_for_answer()) return;
    auto done = std::make_shared<ReadDone>();  // by the read and by what follows it
    WaitingRead asked = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    // Kept only where it may have to be read once more.
    auto read = asked.opens ? asked.read : std::move(asked.read);
    protocol::Envelope reply;
    reply.re = asked.re;
    reply.timestamp = shard_.now().wall;
    const bool reading = shard_.ports().reads.submit(
        shard_.options().number,
        [done, reply, read = std::move(read), opens = asked.opens.has_value(), account = account_,
         encoding = encoding_, &log = shard_.ports().log](Snapshot& snapshot) {
            auto answer = read(snapshot);
            if (opens) done->blocked = blocked_by(snapshot, account);
            done->position = snapshot.position();
            done->refused = !answer || std::holds_alternative<protocol::ErrorReply>(answer->payload);
            protocol::Envelope envelope = reply;
            if (answer) {
                envelope.payload = std::move(answer->payload);
                envelope.stream = answer->stream;
            } else {
                envelope.payload = error_reply(answer.error());
            }
            append_answer(done->text, envelope, encoding, log);
        },
        [&shard = shard_, key = key_, asked = std::move(asked), done] {
            if (Session* session = shard.find(key)) session->finish_read(asked, done);
        });
    if (!reading) {
        --unanswered_;
        refuse(reply.re, busy());
        return;
    }
    reading_ = true;
    shard_.count_reading(1);
}

void Session::finish_read(WaitingRead asked, const std::shared_ptr<ReadDone>& read) {
    reading_ = false;
    shard_.count_reading(-1);
    shard_.mark_dirty(*this);
    // Where all is live, or will be once the resume is done, a stream needs no opening.
    const bool opens = asked.opens && !read->refused && (sync_ == Sync::none || sync_ == Sync::subscribed);
    if (opens && !read->text.empty() && !shard_.replays_from(read->position)) {
        // More has happened since than can be told again: it is read once more.
        waiting_.insert(waiting_.begin(), std::move(asked));
        return;
    }
    if (unanswered_ > 0) --unanswered_;
    if (read->text.empty()) return refuse(asked.re, not_read().error());
    if (closed()) return;
    // Whatever the queue's bound is, one answer fits beside it: the next is read when this one has left.
    outbound_.push_reply(SharedText(read, &read->text));
    count_queued();
    if (!opens) return;
    if (sync_ == Sync::none) blocked_ = share(std::move(read->blocked));
    open_stream(*asked.opens, read->position);
}

}  // namespace parley::server
