#include "server/api/session.hpp"

#include "protocol/generated/cpp/limits.hpp"
#include "server/api/commands.hpp"
#include "server/api/encoding.hpp"
#include "server/api/shard.hpp"

#include <algorithm>
#include <utility>

namespace parley::server {

namespace {

/// So many envelopes may come before `auth`; the next one ends the connection.
constexpr std::size_t envelopes_before_auth_max = 64;

/// A client has at most `in_flight_max` commands under way; the rest is leeway for reads.
constexpr std::uint16_t unanswered_max = 4 * limits::in_flight_max;

/// So many envelopes of a frame are held until others are answered; one more ends the connection, since
/// nothing that reads or signs out is refused. No ordinary use comes near it: our client has 16 commands and
/// 4 reads under way, and what another sends in frames of their own waits with the kernel, however much it
/// is. Only a single frame with hundreds of requests, sent while 64 are unanswered, has more to hold.
constexpr std::size_t held_max = 4 * std::size_t{unanswered_max};
static_assert(held_max * sizeof(Session::Held) <= std::size_t{limits::session_queue_bytes_max},
              "What is held takes no more than what may wait to be written.");

/// Reading and signing out are never limited: where too much is unanswered they wait.
bool is_never_refused(protocol::Type type) {
    using protocol::Type;
    return type == Type::read || type == Type::device_revoke || type == Type::changes || type == Type::page ||
           type == Type::rows || type == Type::subscribe || type == Type::profile_find ||
           type == Type::message_history || type == Type::link_list || type == Type::link_look;
}

}  // namespace

Session::Session(SessionKey key, Shard& shard, Connection& connection, protocol::Encoding encoding)
    : key_(key),
      shard_(shard),
      connection_(connection),
      encoding_(encoding),
      opened_at_(shard.now().instant),
      last_frame_at_(shard.now().instant),
      outbound_(encoding) {}

SessionId Session::id() const {
    return SessionId("s" + shard_.options().run + std::to_string(key_.value));
}

void Session::log(LogLevel level, std::string_view event, Log::Fields fields) const {
    if (!shard_.ports().log.writes(level)) return;
    std::vector<LogField> all{{"session", id()}};
    if (account_) all.emplace_back("account", account_);
    if (device_) all.emplace_back("device", device_);
    all.insert(all.end(), fields.begin(), fields.end());
    shard_.ports().log.write(level, event, all);
}

void Session::greet() {
    log(LogLevel::debug, "connected");
    reply(std::nullopt, protocol::Hello{.version = 1,
                                        .heartbeat_ms = limits::heartbeat_ms,
                                        .frame_bytes_max = limits::frame_bytes_max,
                                        .time = shard_.now().wall});
}

void Session::handle_frame(std::string_view bytes) {
    if (closed()) return;
    last_frame_at_ = shard_.now().instant;
    received_ = shard_.ports().stamps.stamp();
    auto decoded = protocol::decode_frame(bytes, encoding_);
    if (!decoded) {
        refuse(std::nullopt, decoded.error());
        close(decoded.error().code == ErrorCode::too_large ? CloseCode::too_big : CloseCode::malformed);
        return;
    }
    for (protocol::Decoded& one : *decoded) {
        if (closed()) return;
        shard_.ports().metrics.envelopes_in.add();
        if (!held_.empty() || must_wait(one)) {
            hold(std::move(one));
        } else {
            handle_decoded(std::move(one));
        }
    }
}

bool Session::must_wait(const protocol::Decoded& decoded) const {
    // What `auth` and `resume` in one frame mean is "both".
    if (stage_ == Stage::verifying) return true;
    // Who does not read what waits for it is asked to stop asking, once all have too much.
    if (stage_ == Stage::signed_in && shard_.crowded() && Shard::lags(outbound_.bytes())) return true;
    const auto* envelope = std::get_if<protocol::Envelope>(&decoded);
    return envelope != nullptr && too_many_unanswered() && is_never_refused(envelope->type());
}

void Session::hold(protocol::Decoded decoded) {
    if (held_.size() - held_next_ >= held_max) {
        close(CloseCode::try_later);
        return;
    }
    held_.push_back({std::move(decoded), received_});
    count_queued();
    if (std::exchange(takes_frames_, false)) connection_.take_frames(false);
}

void Session::handle_held() {
    while (!closed() && held_next_ < held_.size() && !must_wait(held_[held_next_].decoded)) {
        Held& next = held_[held_next_++];
        received_ = next.received;
        handle_decoded(std::move(next.decoded));
    }
    if (closed() || held_next_ < held_.size()) return;
    held_ = {};
    held_next_ = 0;
    count_queued();
    if (!std::exchange(takes_frames_, true)) {
        // That nothing was heard meanwhile was not the peer's doing.
        last_frame_at_ = shard_.now().instant;
        connection_.take_frames(true);
    }
}

void Session::handle_decoded(protocol::Decoded decoded) {
    if (auto* rejected = std::get_if<protocol::Rejected>(&decoded)) {
        refuse(rejected->id, rejected->error);
        return;
    }
    auto& envelope = std::get<protocol::Envelope>(decoded);
    if (const auto* auth = std::get_if<protocol::Auth>(&envelope.payload)) {
        stage_ == Stage::greeted ? begin_auth(envelope.id, *auth) : renew_auth(envelope.id, *auth);
        return;
    }
    if (stage_ == Stage::signed_in) {
        dispatch(std::move(envelope));
        return;
    }
    refuse(envelope.id, {ErrorCode::not_signed_in, "Send `auth` first.", 0, {}});
    if (++refused_before_auth_ >= envelopes_before_auth_max) close(CloseCode::not_signed_in);
}

void Session::dispatch(protocol::Envelope envelope) {
    using protocol::Type;
    switch (envelope.type()) {
        case Type::ping:
            pong(envelope.id);
            return;
        case Type::resume:
            begin_resume(envelope.id, std::get<protocol::Resume>(envelope.payload));
            return;
        case Type::ack:
            shard_.collect_acks(account_, device_, std::get<protocol::Ack>(envelope.payload), this);
            return;
        case Type::look:
            look(std::get<protocol::Look>(envelope.payload));
            return;
        case Type::typing:
            type(std::get<protocol::Typing>(envelope.payload));
            return;
        case Type::unsubscribe:
            unsubscribe(std::get<protocol::Unsubscribe>(envelope.payload).stream);
            reply(envelope.id, protocol::Done{});
            return;
        case Type::changes:
        case Type::page:
        case Type::rows:
        case Type::subscribe:
        case Type::profile_find:
        case Type::message_history:
        case Type::link_list:
            ask(std::move(envelope));
            return;
        case Type::link_look:
            if (const auto wait = shard_.ports().limits.take_link_try(account_, shard_.now().instant))
                return refuse(envelope.id, too_many_links(*wait));
            ask(std::move(envelope));
            return;
        default:
            write(std::move(envelope));
    }
}

void Session::pong(std::optional<Uuid> re) {
    // Counted like every answer; a pong by itself is small.
    if (!has_room(0)) return;
    std::optional<std::string> covered;
    // A token says that acks of before are in the store, too.
    if (const auto now = token(); now && !shard_.acks_in_doubt()) covered = sealed(*now);
    outbound_.push_pong(re, std::move(covered), shard_.now().wall);
    count_queued();
}

void Session::reply(std::optional<Uuid> re, protocol::Payload payload) {
    protocol::Envelope envelope;
    envelope.re = re;
    envelope.payload = std::move(payload);
    envelope.timestamp = shard_.now().wall;
    reply(std::move(envelope));
}

void Session::reply(protocol::Envelope envelope) {
    push_reply(encode(envelope));
}

void Session::refuse(std::optional<Uuid> re, const Error& error) {
    shard_.ports().metrics.errors_out.add();
    re ? log(LogLevel::debug, "refused", {{"code", error.code}, {"command", *re}})
       : log(LogLevel::debug, "refused", {{"code", error.code}});
    reply(re, error_reply(error));
}

SharedText Session::encode(const protocol::Envelope& envelope) const {
    auto text = std::make_shared<std::string>();
    append_answer(*text, envelope, encoding_, shard_.ports().log);
    return text;
}

bool Session::too_many_unanswered() const {
    return unanswered_ >= unanswered_max;
}

bool Session::has_room(std::size_t bytes) {
    if (closed()) return false;
    const std::size_t bytes_max = shard_.options().session_queue_bytes_max;
    if (outbound_.bytes() + bytes <= bytes_max) return true;
    if (live()) fall_back();
    if (outbound_.bytes() + bytes <= bytes_max) return true;
    // It goes on asking and reads no answers.
    close(CloseCode::try_later);
    return false;
}

void Session::push_reply(SharedText text) {
    if (!has_room(text->size())) return;
    outbound_.push_reply(std::move(text));
    count_queued();
}

void Session::count_queued() {
    count_bytes();
    shard_.mark_dirty(*this);
}

void Session::count_bytes() {
    const std::size_t bytes = outbound_.bytes() + held_.size() * sizeof(Held);
    shard_.count_queued(static_cast<std::ptrdiff_t>(bytes) - static_cast<std::ptrdiff_t>(counted_bytes_));
    counted_bytes_ = bytes;
}

void Session::handle_answer(const Origin& origin, const Result<Answer>& answer) {
    if (closed()) return;
    if (!origin.command) {
        // That of `report_ahead`.
        close(answer ? CloseCode::going_away : CloseCode::try_later);
        return;
    }
    if (unanswered_ > 0) --unanswered_;
    if (!answer) {
        refuse(origin.command, answer.error());
        return;
    }
    reply(answer_envelope(origin.command, *answer));
}

void Session::handle_written() {
    writing_ = false;
    if (writing_received_ != Stamp{}) {
        const Stamp written = shard_.ports().stamps.stamp();
        shard_.ports().metrics.delivery_us.observe(written.us - writing_received_.us);
        writing_received_ = {};
    }
    shard_.mark_dirty(*this);
}

void Session::flush() {
    if (closed()) return;
    if (!held_.empty() && stage_ == Stage::signed_in && unanswered_ <= unanswered_max / 2) handle_held();
    if (closed()) return;
    if (overflow_ && live()) fall_back();
    if (overflow_) {
        // It knows how far it has come, and subscribes again from there.
        close(CloseCode::try_later);
        return;
    }
    if (!writing_ && !outbound_.empty()) {
        Frame frame = outbound_.take_frame();
        writing_ = true;
        writing_since_ = shard_.now().instant;
        writing_received_ = outbound_.oldest_received();
        shard_.ports().metrics.frames_out.add();
        shard_.ports().metrics.bytes_out.add(static_cast<std::int64_t>(frame.bytes));
        count_bytes();
        connection_.send(std::move(frame));
    }
    read_next();
    if (sync_ == Sync::resuming) read_part();
}

void Session::close(CloseCode code, std::optional<Duration> reconnect_after) {
    if (closed()) return;
    // Nothing more is sent to a device that is signed out; before it had signed in here, all that waits are
    // refusals.
    const bool at_once =
        stage_ == Stage::signed_in &&
        (code == CloseCode::revoked || code == CloseCode::not_signed_in || code == CloseCode::replaced);
    if (at_once) outbound_ = Outbound(encoding_);
    outbound_.drop_changes();
    protocol::Closing closing{.code = code, .reconnect_after_ms = std::nullopt};
    if (reconnect_after) closing.reconnect_after_ms = reconnect_after->ms;
    protocol::Envelope envelope;
    envelope.payload = closing;
    envelope.timestamp = shard_.now().wall;
    // What does not fit into one last frame is lost; a client asks again for what was not answered.
    outbound_.push_reply(encode(envelope));
    Frame last = outbound_.take_frame();
    connection_.close(code, std::move(last));
    // Whoever never signed in could fill a log at will.
    log(stage_ == Stage::signed_in ? LogLevel::info : LogLevel::debug, "closed",
        {{"code", code}, {"after", shard_.now().instant - opened_at_}});
    forget();
    shard_.bury(*this);
}

void Session::handle_disconnected() {
    if (closed()) return;
    log(stage_ == Stage::signed_in ? LogLevel::info : LogLevel::debug, "disconnected",
        {{"after", shard_.now().instant - opened_at_}});
}

void Session::forget() {
    stage_ = Stage::closed;
    if (sync_ == Sync::resuming) {
        shard_.ports().metrics.resumes_cut_short.add();
        sync_ = Sync::none;
    }
    outbound_ = Outbound(encoding_);
    held_ = {};
    held_next_ = 0;
    if (std::exchange(reading_, false)) shard_.count_reading(-1);
    shard_.count_queued(-static_cast<std::ptrdiff_t>(counted_bytes_));
    counted_bytes_ = 0;
}

}  // namespace parley::server
