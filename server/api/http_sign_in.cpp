#include "base/utf8.hpp"
#include "core/rules/text.hpp"
#include "server/api/busy.hpp"
#include "server/api/http_api.hpp"
#include "server/api/http_call.hpp"
#include "server/api/reads.hpp"

#include <array>
#include <utility>

namespace parley::server {

namespace {

/// Devices that wait to be signed out again; of those that come while as many wait, a line is written.
constexpr std::size_t orphans_max = 1'024;

/// Spellings of one handle count as one.
std::string folded(std::string handle) {
    for (char& c : handle) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return handle;
}

Status check_new_password(const std::string& password) {
    const auto points = count_code_points(password);
    if (points && *points >= static_cast<std::size_t>(limits::password_chars_min)) return {};
    return fail({ErrorCode::invalid, "A password has at least 8 characters.", 0, "password"});
}

/// Whoever has an invite is counted by that.
bool is_by_nobody(const RegisterAccount& work) {
    return work.invite.empty();
}

}  // namespace

void HttpApi::serve_register(const SharedCall& call) {
    auto body = call->body<protocol::Registration>();
    if (!body) return call->refuse(body.error());
    if (const Status fits = check_new_password(body->password); !fits) return call->refuse(fits.error());
    auto work = std::make_shared<RegisterAccount>();  // until the password is hashed
    work->handle = std::move(body->handle);
    work->name = body->name.value_or("");
    work->invite = body->invite.value_or("");
    work->device_name = std::move(body->device_name);
    // Said before the costly hash, which strangers could otherwise ask for at will.
    auto allowed = std::make_shared<Status>(not_read());  // by the read and by what follows it
    const bool reading = shard_.ports().reads.submit(
        shard_.options().number,
        [this, work, allowed, at = shard_.now().wall](Snapshot& snapshot) {
            *allowed = may_register(snapshot, options_.rules, *work, at);
        },
        [this, call, work, allowed, password = std::move(body->password)] {
            if (!*allowed) return call->refuse(allowed->error());
            if (const Status room = take_account(*call, *work); !room) return call->refuse(room.error());
            hash_and_register(call, work, password);
        });
    if (!reading) call->refuse(busy());
}

/// A stranger's account costs a hash, and stays.
Status HttpApi::take_account(const HttpCall& call, const RegisterAccount& work) {
    if (!is_by_nobody(work)) return {};
    const auto wait = shard_.ports().limits.take_account(call.request.remote, shard_.now().instant);
    if (!wait) return {};
    return fail({ErrorCode::rate_limited, "Too many new accounts from this address.", wait->ms, {}});
}

void HttpApi::hash_and_register(const SharedCall& call, const std::shared_ptr<RegisterAccount>& work,
                                const std::string& password) {
    const bool hashing =
        hasher_.hash(shard_.options().number, password, [this, call, work](const Result<std::string>& hash) {
            if (!hash) return call->refuse(hash.error());
            if (call->abandoned()) return call->refuse(busy());
            work->password_hash = *hash;
            const bool queued =
                shard_.submit_call({}, std::move(*work), [this, call](const Result<Answer>& answer) {
                    if (!answer) return call->refuse(answer.error());
                    finish_new_device(call, *answer);
                });
            if (!queued) call->refuse(busy());
        });
    if (hashing) return;
    if (is_by_nobody(*work)) shard_.ports().limits.account_not_tried(call->request.remote);
    call->refuse(busy());
}

void HttpApi::serve_sign_in(const SharedCall& call) {
    auto body = call->body<protocol::SignIn>();
    if (!body) return call->refuse(body.error());
    if (const Status fits = core::rules::check_name(body->device_name, "device_name"); !fits)
        return call->refuse(fits.error());
    auto sign_in =
        std::make_shared<protocol::SignIn>(std::move(*body));  // by the read and by what follows it
    auto facts = std::make_shared<Result<std::optional<PasswordFacts>>>(not_read());  // likewise
    const bool reading = shard_.ports().reads.submit(
        shard_.options().number,
        [sign_in, facts](Snapshot& snapshot) { *facts = password_facts(snapshot, sign_in->handle); },
        [this, call, sign_in, facts] {
            if (!*facts) return call->refuse(facts->error());
            check_password(call, std::move(*sign_in), **facts);
        });
    if (!reading) call->refuse(busy());
}

void HttpApi::check_password(const SharedCall& call, protocol::SignIn sign_in,
                             const std::optional<PasswordFacts>& known) {
    RateLimits& limits = shard_.ports().limits;
    const Instant now = shard_.now().instant;
    const std::string& address = call->request.remote;
    const PasswordTry attempt{.handle = folded(std::move(sign_in.handle)),
                              .address = address,
                              .familiar = known && limits.is_familiar(known->account, address, now)};
    if (const auto wait = limits.take_password(attempt, now))
        return refuse_sign_in(call, {ErrorCode::rate_limited, "Too many failed sign-ins.", wait->ms, {}});
    // An unknown handle costs the same time as a wrong password.
    std::string hash = known ? known->password_hash : options_.decoy_hash;
    const bool verifying = hasher_.verify(
        shard_.options().number, std::move(sign_in.password), std::move(hash),
        [this, call, known, attempt, device_name = std::move(sign_in.device_name)](bool fits) {
            if (!fits || !known) return refuse_sign_in(call, {ErrorCode::credentials, {}, 0, {}});
            shard_.ports().limits.password_fitted(attempt);
            if (call->abandoned()) return call->refuse(busy());
            AddDevice work{
                .account = known->account, .password_hash = known->password_hash, .device_name = device_name};
            const bool queued =
                shard_.submit_call({}, std::move(work), [this, call](const Result<Answer>& answer) {
                    if (!answer) return refuse_sign_in(call, answer.error());
                    finish_new_device(call, *answer);
                });
            if (!queued) call->refuse(busy());
        });
    if (verifying) return;
    limits.password_not_tried(attempt);
    call->refuse(busy());
}

void HttpApi::serve_refresh(const SharedCall& call) {
    // Whoever has a token is no stranger, and a flood from his address must not keep him from reading.
    const auto body = call->body<protocol::Refresh>();
    if (!body) return refuse_stranger(call, problem(body.error()));
    const auto claims = shard_.ports().tokens.check_refresh(body->refresh_token);
    if (!claims) {
        if (admit_stranger(call)) refuse_sign_in(call, claims.error());
        return;
    }
    const UseRefreshToken work{.device = claims->device, .number = claims->number};
    const bool queued = shard_.submit_call({}, work, [this, call](const Result<Answer>& answer) {
        if (!answer) return refuse_sign_in(call, answer.error());
        finish_sign_in(call, *answer, 200);
    });
    if (!queued) call->refuse(busy());
}

void HttpApi::refuse_sign_in(const SharedCall& call, const Error& error) {
    shard_.ports().metrics.sign_ins_refused.add();
    // A wrong password is worth a line, and a hash stands before it; the rest strangers have for nothing, and
    // could fill a log with.
    const LogLevel level = error.code == ErrorCode::credentials ? LogLevel::info : LogLevel::debug;
    const std::array<LogField, 2> fields{LogField{"path", Plain{call->route->path}},
                                         LogField{"code", error.code}};
    shard_.ports().log.write(level, "sign-in refused", fields);
    call->refuse(error);
}

void HttpApi::finish_new_device(const SharedCall& call, const Answer& answer) {
    const auto* signed_in = std::get_if<SignedIn>(&answer.payload);
    if (signed_in == nullptr) return call->refuse({ErrorCode::internal, {}, 0, {}});
    const auto undo = [this, device = *signed_in] {
        undo_sign_in(device);
    };
    if (!call->abandoned()) return finish_sign_in(call, answer, 201, undo);
    undo();
    call->refuse(busy());
}

void HttpApi::undo_sign_in(const SignedIn& device) {
    keep_orphan(device);
    undo_sign_ins();
}

void HttpApi::keep_orphan(const SignedIn& device) {
    if (orphans_.size() < orphans_max) return orphans_.push_back(device);
    shard_.ports().log.warning("sign-in not undone",
                               {{"account", device.account}, {"device", device.device}});
}

void HttpApi::undo_sign_ins() {
    while (!orphans_.empty()) {
        const SignedIn device = orphans_.back();
        Origin origin;
        origin.account = device.account;
        origin.device = device.device;
        const bool queued = shard_.submit_call(
            origin, protocol::DeviceRevoke{.device = to_id(device.device)},
            [this, device](const Result<Answer>& answer) {
                Log& log = shard_.ports().log;
                // Somebody else may have signed it out.
                const bool gone = answer || answer.error().code == ErrorCode::revoked ||
                                  answer.error().code == ErrorCode::refresh_reused;
                if (gone)
                    return log.info("sign-in undone",
                                    {{"account", device.account}, {"device", device.device}});
                log.warning("sign-in not undone yet", {{"device", device.device}, {"error", answer.error()}});
                keep_orphan(device);
            });
        if (!queued) return;  // the next call tries again
        orphans_.pop_back();
    }
}

void HttpApi::finish_sign_in(const SharedCall& call, const Answer& answer, int status,
                             std::function<void()> unsent) {
    const auto* signed_in = std::get_if<SignedIn>(&answer.payload);
    if (signed_in == nullptr) return call->refuse({ErrorCode::internal, {}, 0, {}});
    shard_.ports().log.info(
        "tokens given",
        {{"path", Plain{call->route->path}}, {"account", signed_in->account}, {"device", signed_in->device}});
    shard_.ports().limits.note_signed_in(signed_in->account, call->request.remote, shard_.now().instant);
    const WallTime now = shard_.now().wall;
    const AccessClaims claims{.account = signed_in->account,
                              .device = signed_in->device,
                              .issued = now,
                              .expires = now + options_.access_token_life};
    const Tokens& tokens = shard_.ports().tokens;
    const protocol::Session session{.account = to_id(signed_in->account),
                                    .device = to_id(signed_in->device),
                                    .access_token = tokens.make_access(claims),
                                    .expires_at = claims.expires,
                                    .refresh_token = tokens.make_refresh(
                                        {.device = signed_in->device, .number = signed_in->refresh_number})};
    call->answer({.status = status,
                  .content_type = "application/json",
                  .body = protocol::encode(session, protocol::Encoding::json),
                  .headers = {},
                  .unsent = std::move(unsent)});
}

void HttpApi::serve_sign_out(const SharedCall& call) {
    with_device(call, nullptr, [this, call] {
        Origin origin;
        origin.account = call->claims.account;
        origin.device = call->claims.device;
        protocol::DeviceRevoke work{.device = to_id(call->claims.device)};
        const bool queued = shard_.submit_call(origin, std::move(work), [call](const Result<Answer>& answer) {
            if (!answer) return call->refuse(answer.error());
            call->answer({.status = 204, .content_type = {}, .body = {}, .headers = {}});
        });
        if (!queued) call->refuse(busy());
    });
}

}  // namespace parley::server
