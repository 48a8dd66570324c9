#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/api/busy.hpp"
#include "server/api/reads.hpp"
#include "server/api/session.hpp"
#include "server/api/shard.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace parley::server {

namespace {

/// Two heartbeats may go missing.
constexpr Duration silence_max = milliseconds(2 * limits::heartbeat_ms);
constexpr Duration auth_max = milliseconds(limits::auth_ms_max);
constexpr Duration token_warning = milliseconds(limits::token_warning_ms);

}  // namespace

void Session::refuse_auth(std::optional<Uuid> re, const Error& error, CloseCode code) {
    // Whoever never signed in could fill a log at will.
    log(LogLevel::debug, "sign-in refused", {{"code", error.code}});
    refuse(re, error);
    close(code);
}

void Session::begin_auth(std::optional<Uuid> re, const protocol::Auth& auth) {
    auto claims = shard_.ports().tokens.check_access(auth.token, shard_.now().wall);
    if (!claims) {
        shard_.ports().metrics.sign_ins_refused.add();
        refuse_auth(re, claims.error(), CloseCode::not_signed_in);
        return;
    }
    stage_ = Stage::verifying;
    account_ = claims->account;
    device_ = claims->device;
    turn_ = shard_.ports().bus.next_turn();
    // From here on a revocation finds this session, also one that is committed after the device was looked
    // up.
    shard_.register_device(*this);
    auto facts = std::make_shared<Result<std::optional<DeviceFacts>>>(
        not_read());  // by the read and by what follows it
    const bool reading = shard_.ports().reads.submit(
        shard_.options().number,
        [facts, device = device_](Snapshot& snapshot) { *facts = device_facts(snapshot, device); },
        [&shard = shard_, key = key_, re, claims = *claims, facts] {
            if (Session* session = shard.find(key)) session->finish_auth(re, claims, *facts);
        });
    if (!reading) refuse_auth(re, busy(), CloseCode::try_later);
}

void Session::finish_auth(std::optional<Uuid> re, const AccessClaims& claims,
                          const Result<std::optional<DeviceFacts>>& read) {
    const Status known = check_device(read, claims.account);
    const bool forgiven =
        mutant(Mutant::signed_out_device_signs_in) && !known && known.error().code == ErrorCode::revoked;
    if (!known && !forgiven) {
        if (read) shard_.ports().metrics.sign_ins_refused.add();
        refuse_auth(re, known.error(),
                    !read                                      ? CloseCode::internal
                    : known.error().code == ErrorCode::revoked ? CloseCode::revoked
                                                               : CloseCode::not_signed_in);
        return;
    }
    stage_ = Stage::signed_in;
    connection_.handle_signed_in();
    shard_.ports().metrics.signed_in.add();
    log(LogLevel::info, "signed in");
    accept_token(re, claims);
    handle_held();
}

void Session::renew_auth(std::optional<Uuid> re, const protocol::Auth& auth) {
    auto claims = shard_.ports().tokens.check_access(auth.token, shard_.now().wall);
    if (!claims) {
        refuse(re, claims.error());
        return;
    }
    if (claims->account != account_ || claims->device != device_) {
        refuse(re, {ErrorCode::token_invalid, "This connection belongs to another device.", 0, "token"});
        return;
    }
    accept_token(re, *claims);
}

void Session::accept_token(std::optional<Uuid> re, const AccessClaims& claims) {
    // Kept as a length of time from now, so that a jump of the wall clock neither ends nor lengthens it.
    const Now now = shard_.now();
    const Duration left = claims.expires - now.wall;
    expires_ = now.instant + left;
    // One that lives shorter than that is used for a while, too: each renewal brings another warning.
    warn_at_ = std::max(expires_ - token_warning, now.instant + milliseconds(left.ms / 2));
    expires_at_ = claims.expires;
    warned_ = false;
    reply(re, protocol::AuthOk{.account = to_id(account_),
                               .device = to_id(device_),
                               .session = id(),
                               .expires_at = claims.expires});
}

std::optional<Instant> Session::silent_at() const {
    // Whoever sends is there, also where it reads nothing for a while.
    if (takes_frames_) return last_frame_at_ + silence_max;
    // While no frame is taken none can come: then it is there as long as it takes what is written to it.
    if (writing_) return std::max(last_frame_at_, writing_since_) + silence_max;
    return std::nullopt;
}

Instant Session::deadline() const {
    Instant at = silent_at().value_or(shard_.now().instant + silence_max);
    if (stage_ == Stage::greeted) at = std::min(at, opened_at_ + auth_max);
    if (stage_ == Stage::signed_in) at = std::min(at, warned_ ? expires_ : warn_at_);
    if (retry_at_) at = std::min(at, *retry_at_);
    return at;
}

void Session::handle_timeout() {
    if (closed()) return;
    const Instant now = shard_.now().instant;
    if (stage_ == Stage::greeted && now >= opened_at_ + auth_max) {
        refuse(std::nullopt, {ErrorCode::not_signed_in, "No `auth` came in time.", 0, {}});
        close(CloseCode::not_signed_in);
        return;
    }
    if (stage_ == Stage::signed_in && now >= expires_) {
        close(CloseCode::token_ended);
        return;
    }
    if (const auto silent = silent_at(); silent && now >= *silent) {
        close(CloseCode::going_away);
        return;
    }
    if (stage_ == Stage::signed_in && !warned_ && now >= warn_at_) {
        warned_ = true;
        reply(std::nullopt, protocol::TokenExpiring{.expires_at = expires_at_});
    }
    if (retry_at_ && now >= *retry_at_) {
        retry_at_.reset();
        shard_.mark_dirty(*this);
    }
}

}  // namespace parley::server
