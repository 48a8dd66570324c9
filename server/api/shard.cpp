#include "server/api/shard.hpp"

#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace parley::server {

namespace {

/// A queue that is longer than this is cut first when all together are too long.
constexpr std::size_t lagging_queue_bytes = 16'384;
constexpr std::size_t shards_max = 256;

}  // namespace

Shard::Turn::Turn(Shard& shard, Now now) : shard_(shard) {
    shard_.now_ = now;
    if (shard_.options_.number == 0) shard_.follow_ups_.handle_life(now.instant);
}

Shard::Turn::~Turn() {
    // Flushing may put more on the list.
    for (std::size_t i = 0; i < shard_.dirty_.size(); ++i) {
        Session& session = *shard_.dirty_[i];
        session.marks().dirty = false;
        session.flush();
        if (!session.closed()) shard_.arm(session);
    }
    shard_.dirty_.clear();
    shard_.graveyard_.clear();
}

Shard::Shard(ShardOptions options, ShardPorts ports)
    : options_(std::move(options)), ports_(ports), epoch_(options_.epoch), walked_(options_.position) {
    assert(options_.number < shards_max);
}

Shard::~Shard() = default;

std::optional<Instant> Shard::next_timeout() const {
    std::optional<Instant> next = acks_due_;
    if (acks_again_ && (!next || *acks_again_ < *next)) next = acks_again_;
    if (!timers_.empty() && (!next || timers_.top().at < *next)) next = timers_.top().at;
    if (const auto due = follow_ups_.due(); due && (!next || *due < *next)) next = due;
    return next;
}

SessionKey Shard::next_key() {
    return {++keys_ * static_cast<std::int64_t>(shards_max) + options_.number};
}

SessionKey Shard::handle_connected(Connection& connection, protocol::Encoding encoding, Now now) {
    const Turn turn(*this, now);
    const SessionKey key = next_key();
    auto session = std::make_unique<Session>(key, *this, connection, encoding);
    Session& made = *session;
    sessions_.emplace(key, std::move(session));
    ports_.metrics.connected.add();
    made.greet();
    return key;
}

void Shard::handle_frame(SessionKey session, std::string_view bytes, Now now) {
    const Turn turn(*this, now);
    if (Session* found = find(session)) found->handle_frame(bytes);
}

void Shard::handle_written(SessionKey session, Now now) {
    const Turn turn(*this, now);
    if (Session* found = find(session)) found->handle_written();
}

void Shard::handle_disconnected(SessionKey session, Now now) {
    const Turn turn(*this, now);
    Session* found = find(session);
    if (found == nullptr) return;
    found->handle_disconnected();
    bury(*found);
}

void Shard::handle_timeout(Now now) {
    const Turn turn(*this, now);
    if (acks_due_ && *acks_due_ <= now.instant) flush_acks(now);
    if (acks_again_ && *acks_again_ <= now.instant) flush_returned_acks(now);
    if (const auto due = follow_ups_.due(); due && *due <= now.instant) follow_up(now);
    while (!timers_.empty() && timers_.top().at <= now.instant) {
        const Timer timer = timers_.top();
        timers_.pop();
        Session* session = find(timer.session);
        if (session == nullptr || session->marks().armed != timer.at) continue;
        session->marks().armed.reset();
        session->handle_timeout();
        if (!session->closed()) arm(*session);
    }
}

void Shard::follow_up(Now now) {
    Origin origin;
    origin.shard = options_.number;
    const bool taken =
        ports_.writes.submit({.origin = origin, .command = follow_ups_.next(), .at = now.wall});
    follow_ups_.handle_submitted(taken, now.instant);
}

void Shard::arm(Session& session) {
    const Instant at = session.deadline();
    auto& armed = session.marks().armed;
    // A deadline that moved away is noticed when the earlier one comes; only one that came nearer needs a
    // timer.
    if (armed && *armed <= at) return;
    armed = at;
    timers_.push({at, session.key()});
}

void Shard::handle_done(const std::function<void()>& done, Now now) {
    const Turn turn(*this, now);
    done();
}

Session* Shard::find(SessionKey key) {
    const auto found = sessions_.find(key);
    return found == sessions_.end() ? nullptr : found->second.get();
}

void Shard::mark_dirty(Session& session) {
    if (session.marks().dirty) return;
    session.marks().dirty = true;
    dirty_.push_back(&session);
}

void Shard::bury(Session& session) {
    const auto found = sessions_.find(session.key());
    if (found == sessions_.end()) return;
    if (session.listens()) leave(session);
    unregister_device(session);
    session.forget();
    ports_.metrics.disconnected.add();
    graveyard_.push_back(std::move(found->second));
    sessions_.erase(found);
}

void Shard::register_device(Session& session) {
    const auto [entry, added] = devices_.try_emplace(session.device(), session.key());
    if (!added) {
        if (Session* earlier = find(entry->second)) {
            ports_.metrics.replaced.add();
            earlier->close(CloseCode::replaced);
        }
        devices_[session.device()] = session.key();
    }
    ports_.bus.announce(options_.number, {.device = session.device(), .turn = session.turn()});
}

void Shard::unregister_device(Session& session) {
    const auto found = devices_.find(session.device());
    if (found != devices_.end() && found->second == session.key()) devices_.erase(found);
}

void Shard::handle_device_connected(DeviceConnected connected, Now now) {
    const Turn turn(*this, now);
    const auto found = devices_.find(connected.device);
    if (found == devices_.end()) return;
    Session* session = find(found->second);
    if (session == nullptr || session->turn() > connected.turn) return;
    ports_.metrics.replaced.add();
    session->close(CloseCode::replaced);
}

bool Shard::submit(const Session& session, std::optional<Uuid> command, std::optional<Uuid> follows,
                   Command what) {
    const Origin origin{.shard = options_.number,
                        .session = session.key(),
                        .account = session.account(),
                        .device = session.device(),
                        .command = command,
                        .follows = follows,
                        .received = session.received()};
    return ports_.writes.submit({.origin = origin, .command = std::move(what), .at = now_.wall});
}

bool Shard::submit_call(Origin origin, Command command, AnswerTo answer) {
    origin.shard = options_.number;
    origin.session = next_key();
    if (!ports_.writes.submit({.origin = origin, .command = std::move(command), .at = now_.wall}))
        return false;
    calls_.emplace(origin.session, std::move(answer));
    return true;
}

void Shard::count_queued(std::ptrdiff_t difference) {
    queued_bytes_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(queued_bytes_) + difference);
    ports_.metrics.queued_bytes.add(difference);
}

std::size_t Shard::session_queue_bytes_max() const {
    if (!crowded()) return options_.session_queue_bytes_max;
    return std::min(options_.session_queue_bytes_max, lagging_queue_bytes);
}

bool Shard::lags(std::size_t queue_bytes) {
    return queue_bytes > lagging_queue_bytes;
}

bool Shard::has_room_for_answer() const {
    const auto answers = static_cast<std::size_t>(answers_read_ + 1);
    return queued_bytes_ + answers * std::size_t{limits::page_bytes_max} <= options_.queues_bytes_max;
}

std::vector<SessionKey> Shard::session_keys() const {
    std::vector<SessionKey> keys;
    keys.reserve(sessions_.size());
    for (const auto& [key, session] : sessions_)
        keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    return keys;
}

void Shard::drain(Duration spread, Now now) {
    const Turn turn(*this, now);
    const auto keys = session_keys();
    const auto count = static_cast<std::int64_t>(keys.size());
    for (std::int64_t i = 0; i < count; ++i) {
        Session* session = find(keys[static_cast<std::size_t>(i)]);
        if (session != nullptr) session->close(CloseCode::going_away, milliseconds(spread.ms * i / count));
    }
}

}  // namespace parley::server
