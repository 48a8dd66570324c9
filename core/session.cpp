#include "core/session.hpp"

#include "base/mutant.hpp"
#include "core/chance.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

/// The longest wait for a socket to open.
constexpr Duration open_time_max = seconds(20);
/// After a change of network the old connection is often dead without a word: it gets this long to answer.
constexpr Duration proof_of_life = seconds(10);
/// A connection that was live for less was no success.
constexpr Duration success_time_min = seconds(2);

}  // namespace

Connection Session::connection(bool caught_up) const {
    switch (phase_) {
        case Phase::off:
            if (rest_ == Rest::revoked) return Connection::revoked;
            if (rest_ == Rest::replaced) return Connection::replaced;
            if (rest_ == Rest::signed_out) return Connection::signed_out;
            return identity_.get().signed_in() ? Connection::offline : Connection::signed_out;
        case Phase::waiting:
            return Connection::offline;
        case Phase::renewing:
            if (credentials_.token_ended()) return Connection::signed_out;
            return credentials_.pausing() ? Connection::offline : Connection::connecting;
        case Phase::opening:
        case Phase::authenticating:
            return Connection::connecting;
        case Phase::resuming:
            return Connection::catching_up;
        case Phase::live:
            return caught_up ? Connection::online : Connection::catching_up;
    }
    return Connection::offline;
}

void Session::connect(Now now) {
    wanted_ = true;
    if (phase_ == Phase::off || phase_ == Phase::waiting) begin(now);
}

void Session::disconnect() {
    wanted_ = false;
    rest(Rest::stopped);
}

void Session::rest(Rest why) {
    if (has_socket()) output_.close_socket(static_cast<std::uint16_t>(CloseCode::done));
    if (credentials_.renewing()) credentials_.stop();
    if (why != Rest::stopped) wanted_ = false;
    phase_ = Phase::off;
    rest_ = why;
    failures_ = 0;
    stop_timers();
}

void Session::drop(std::uint16_t code, Now now) {
    output_.close_socket(code);
    lost(now);
}

/// Opens the socket, with a token that is worth trying.
void Session::begin(Now now) {
    timers_.stop(Timer::reconnect);
    rest_ = Rest::stopped;
    const Identity& identity = identity_.get();
    if (!identity.signed_in()) return rest(Rest::signed_out);
    // A wall clock that is wrong costs at most one renewal.
    const bool looks_ended = !token_fresh_ && identity.expires_at <= now.wall;
    if (!token_refused_ && !looks_ended) return open(now.instant);
    phase_ = Phase::renewing;
    credentials_.renew(now.instant);
}

void Session::open(Instant now) {
    phase_ = Phase::opening;
    closing_.reset();
    auth_.reset();
    resume_.reset();
    output_.limit_frames(limits::frame_bytes_max);
    output_.open_socket();
    timers_.set(Timer::answer, now + open_time_max);
}

void Session::handle_connected(Now now) {
    if (phase_ != Phase::opening) return;
    phase_ = Phase::authenticating;
    timers_.set(Timer::answer, now.instant + milliseconds(limits::auth_ms_max));
    send_auth(now.wall);
    send_resume(now.wall);
}

void Session::send_resume(WallTime now) {
    protocol::Envelope resume;
    resume.id = resume_ = make_uuid(primitives_, now);
    resume.payload = protocol::Resume{identity_.get().sync_token};
    output_.send(resume);
}

void Session::send_auth(WallTime now) {
    protocol::Envelope auth;
    auth.id = auth_ = make_uuid(primitives_, now);
    auth.payload = protocol::Auth{identity_.get().access_token, client_name_};
    output_.send(auth);
}

void Session::handle_heard(Instant now) {
    if (phase_ >= Phase::authenticating) timers_.set(Timer::silence, now + heartbeat_ * 2);
}

void Session::handle_hello(const protocol::Hello& hello, Instant now) {
    heartbeat_ = milliseconds(std::clamp<std::int64_t>(hello.heartbeat_ms, 1000, 10 * limits::heartbeat_ms));
    output_.limit_frames(hello.frame_bytes_max);
    server_time_ = hello.time;
    server_time_at_ = now;
    handle_heard(now);
}

std::optional<WallTime> Session::server_time(Instant now) const {
    if (!server_time_) return std::nullopt;
    return *server_time_ + (now - server_time_at_);
}

void Session::handle_auth_ok(const protocol::AuthOk& ok, Instant now) {
    if (phase_ < Phase::authenticating) return;
    identity_.edit().expires_at = ok.expires_at;
    token_refused_ = false;
    token_fresh_ = true;
    auth_.reset();
    if (phase_ != Phase::authenticating) return;
    phase_ = Phase::resuming;
    timers_.stop(Timer::answer);
    timers_.set(Timer::ping, now + heartbeat_);
}

void Session::handle_resumed(Instant now) {
    if (phase_ != Phase::resuming) return;
    phase_ = Phase::live;
    live_since_ = now;
}

bool Session::handle_refusal(const Uuid& re, ErrorClass error_class, Now now) {
    if (phase_ < Phase::resuming || (re != resume_ && re != auth_)) return false;
    if (re == resume_ && error_class == ErrorClass::permanent && identity_.get().sync_token) {
        // The server cannot read the token: everything is told again, and what is held already stays.
        identity_.edit().sync_token.reset();
        send_resume(now.wall);
        return true;
    }
    // Asked again on this connection it would be refused again: the next try comes with the usual pause.
    if (error_class == ErrorClass::sign_in) refuse_token();
    drop(static_cast<std::uint16_t>(CloseCode::going_away), now);
    return true;
}

void Session::handle_closing(const protocol::Closing& closing) {
    closing_ = closing;
}

void Session::refuse_token() {
    token_refused_ = true;
    token_fresh_ = false;
}

void Session::handle_token_expiring(Instant now) {
    credentials_.renew(now);
}

void Session::handle_token_refused(Now now) {
    refuse_token();
    // Before the connection is signed in, the server closes it; the renewal comes before the next try.
    if (phase_ >= Phase::resuming) credentials_.renew(now.instant);
}

void Session::handle_signed_in() {
    if (rest_ == Rest::signed_out) rest_ = Rest::stopped;
    token_refused_ = false;
    token_fresh_ = true;
}

void Session::handle_renewed(Now now) {
    token_fresh_ = true;
    if (phase_ == Phase::renewing) {
        token_refused_ = false;
        open(now.instant);
    } else if (phase_ >= Phase::resuming) {
        // Served again from the next auth.ok on.
        send_auth(now.wall);
    } else {
        token_refused_ = false;
    }
}

void Session::handle_disconnected(std::optional<std::uint16_t> code, Now now) {
    if (!has_socket()) return;
    std::optional<CloseCode> known = code ? close_code(*code) : std::nullopt;
    if (!known && closing_) known = closing_->code;
    if (known == CloseCode::replaced || (known && *known != CloseCode::revoked && !reconnects(*known))) {
        phase_ = Phase::off;
        return rest(known == CloseCode::replaced ? Rest::replaced : Rest::stopped);
    }
    if (known == CloseCode::not_signed_in || known == CloseCode::token_ended) refuse_token();
    lost(now);
}

/// The connection, or the try, is over. A token that ended is no reason to wait.
void Session::lost(Now now) {
    if (phase_ == Phase::live && now.instant - live_since_ >= success_time_min) failures_ = 0;
    const bool at_once = token_refused_ && failures_ == 0;
    ++failures_;
    stop_timers();
    const auto told = closing_ ? closing_->reconnect_after_ms : std::nullopt;
    closing_.reset();
    if (!network_up_) return wait(milliseconds(limits::backoff_ms_max), now.instant);
    if (told)
        return wait(milliseconds(std::clamp<std::int64_t>(*told, 0, 10 * limits::backoff_ms_max)),
                    now.instant);
    if (at_once) return begin(now);
    wait(backoff(primitives_, failures_), now.instant);
}

void Session::wait(Duration pause, Instant now) {
    phase_ = Phase::waiting;
    if (!mutant(Mutant::reconnect_timer_lost)) timers_.set(Timer::reconnect, now + pause);
}

void Session::handle_network(bool up, Now now) {
    network_up_ = up;
    if (!up) {
        if (!has_socket()) return;
        return drop(static_cast<std::uint16_t>(CloseCode::going_away), now);
    }
    credentials_.handle_network(now.instant);
    if (phase_ == Phase::waiting) return begin(now);
    // What was begun on the network of before may hang there.
    if (phase_ == Phase::opening) return open(now.instant);
    if (phase_ < Phase::resuming) return;
    send_ping(now.instant);
    timers_.set(Timer::silence, now.instant + proof_of_life);
}

void Session::handle_timer(Now now) {
    if (timers_.fired(Timer::reconnect, now.instant)) begin(now);
    const bool too_slow = timers_.fired(Timer::answer, now.instant);
    const bool silent = timers_.fired(Timer::silence, now.instant);
    if ((too_slow || silent) && has_socket())
        return drop(static_cast<std::uint16_t>(CloseCode::going_away), now);
    if (timers_.fired(Timer::ping, now.instant) && phase_ >= Phase::resuming) send_ping(now.instant);
}

void Session::send_ping(Instant now) {
    protocol::Envelope ping;
    ping.payload = protocol::Ping{};
    output_.send(ping);
    ++pings_sent_;
    timers_.set(Timer::ping, now + heartbeat_);
}

void Session::stop_timers() {
    for (Timer timer : {Timer::reconnect, Timer::answer, Timer::ping, Timer::silence, Timer::reply})
        timers_.stop(timer);
}

}  // namespace parley::core
