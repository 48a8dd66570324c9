#include "core/credentials.hpp"

#include "core/chance.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <utility>

namespace parley::core {
namespace {

using protocol::Encoding;

/// The longest wait for an HTTP answer, should the host forget to give one.
constexpr Duration call_time_max = seconds(60);
/// What the server answers to a sign-out; anything else that sounds like a success comes from something in
/// between.
constexpr int no_content = 204;

/// Why a call failed. What is no problem document of ours came from something in between, and means nothing
/// for good.
Error failure_from(int status, std::string_view body) {
    if (status == 0) return {ErrorCode::unavailable, "the server did not answer", 0, {}};
    auto problem = protocol::decode<protocol::Problem>(body, Encoding::json);
    if (!problem) return {ErrorCode::unavailable, "the answer does not come from a Parley server", 0, {}};
    return {problem->code, problem->detail.value_or(std::string(sentence(problem->code))),
            problem->retry_after_ms.value_or(0), problem->field.value_or("")};
}

}  // namespace

void Credentials::register_account(const protocol::Registration& registration, Instant now) {
    stop();
    task_ = Task::sign_in;
    call("POST", "/v1/accounts", protocol::encode(registration, Encoding::json), "", now);
}

void Credentials::sign_in(const protocol::SignIn& sign_in, Instant now) {
    stop();
    task_ = Task::sign_in;
    call("POST", "/v1/sessions", protocol::encode(sign_in, Encoding::json), "", now);
}

void Credentials::renew(Instant now) {
    if (task_ != Task::none) return;
    task_ = Task::renew;
    ask_for_tokens(identity_.get().refresh_token, now);
}

void Credentials::sign_out(const Identity& leaving, Instant now) {
    stop();
    task_ = Task::leave;
    leaving_ = leaving;
    leaving_renewed_ = leaving_renews_ = false;
    call("DELETE", "/v1/sessions/current", "", leaving_.access_token, now);
}

void Credentials::stop() {
    end();
    failures_ = 0;
    failure_.reset();
}

Credentials::Outcome Credentials::handle_response(std::uint64_t call, int status, std::string_view body,
                                                  Instant now) {
    if (call != call_ || call_ == 0) return Outcome::nothing;
    call_ = 0;
    timers_.stop(Timer::http);
    switch (task_) {
        case Task::none:
            return Outcome::nothing;
        case Task::sign_in:
            return finish_sign_in(status, body);
        case Task::renew:
            return finish_renewal(status, body, now);
        case Task::leave:
            return finish_leaving(status, body, now);
    }
    return Outcome::nothing;
}

Credentials::Outcome Credentials::handle_timer(Instant now) {
    if (!timers_.fired(Timer::http, now)) return Outcome::nothing;
    if (call_ != 0) return handle_response(call_, 0, {}, now);
    if (task_ == Task::renew) ask_for_tokens(identity_.get().refresh_token, now);
    return Outcome::nothing;
}

void Credentials::handle_network(Instant now) {
    if (!pausing()) return;
    timers_.stop(Timer::http);
    ask_for_tokens(identity_.get().refresh_token, now);
}

Credentials::Outcome Credentials::finish_sign_in(int status, std::string_view body) {
    end();
    failure_.reset();
    auto session = protocol::decode<protocol::Session>(body, Encoding::json);
    if (!is_success(status)) {
        failure_ = failure_from(status, body);
    } else if (!session) {
        failure_ = Error{ErrorCode::unavailable, "the answer does not come from a Parley server", 0, {}};
    } else if (identity_.get().known() && identity_.get().account != session->account) {
        failure_ = Error{
            ErrorCode::invalid, "this local database belongs to another account: sign out first", 0, {}};
    } else {
        token_ended_ = false;
        identity_.take(*session);
        return Outcome::signed_in;
    }
    return Outcome::sign_in_failed;
}

Credentials::Outcome Credentials::finish_renewal(int status, std::string_view body, Instant now) {
    auto session = protocol::decode<protocol::Session>(body, Encoding::json);
    const Identity& identity = identity_.get();
    if (is_success(status) && session && session->account == identity.account &&
        session->device == identity.device) {
        end();
        failures_ = 0;
        token_ended_ = false;
        identity_.take(*session);
        return Outcome::renewed;
    }
    const Error failure = failure_from(is_success(status) ? 0 : status, body);
    if (failure.code == ErrorCode::token_expired) {
        token_ended_ = true;
    } else if (class_of(failure.code) == ErrorClass::sign_in) {
        end();
        if (failure.code == ErrorCode::revoked) return Outcome::revoked;
        identity_.edit().access_token.clear();
        identity_.edit().refresh_token.clear();
        return Outcome::sign_in_needed;
    }
    // No answer, or none that decides anything: the same token again, as often as it takes.
    const Duration wait =
        failure.retry_after_ms > 0 ? milliseconds(failure.retry_after_ms) : backoff(primitives_, ++failures_);
    timers_.set(Timer::http, now + wait);
    return Outcome::nothing;
}

Credentials::Outcome Credentials::finish_leaving(int status, std::string_view body, Instant now) {
    const bool renews = std::exchange(leaving_renews_, false);
    if (renews && is_success(status)) {
        if (auto session = protocol::decode<protocol::Session>(body, Encoding::json)) {
            leaving_renewed_ = true;
            call("DELETE", "/v1/sessions/current", "", session->access_token, now);
            return Outcome::nothing;
        }
    }
    const bool token_ended = status == 401 && !leaving_renewed_ && !leaving_.refresh_token.empty();
    if (token_ended) {
        leaving_renews_ = true;
        ask_for_tokens(std::exchange(leaving_.refresh_token, {}), now);
        return Outcome::nothing;
    }
    end();
    leaving_ = {};
    failure_.reset();
    const bool confirmed = !renews && status == no_content;
    // A device whose sign-in has ended is listed no more; one whose token is not taken for another reason is.
    Error failure = failure_from(is_success(status) ? 0 : status, body);
    const bool ended = failure.code == ErrorCode::revoked || failure.code == ErrorCode::refresh_reused;
    if (!confirmed && !ended) failure_ = std::move(failure);
    return Outcome::left;
}

void Credentials::ask_for_tokens(const std::string& refresh_token, Instant now) {
    call("POST", "/v1/sessions/refresh", protocol::encode(protocol::Refresh{refresh_token}, Encoding::json),
         "", now);
}

void Credentials::call(std::string method, std::string path, std::string body, std::string bearer,
                       Instant now) {
    call_ = ++last_call_;
    timers_.set(Timer::http, now + call_time_max);
    output_.call_http({call_, std::move(method), std::move(path), std::move(body), std::move(bearer)});
}

void Credentials::end() {
    task_ = Task::none;
    call_ = 0;
    timers_.stop(Timer::http);
}

}  // namespace parley::core
