#include "server/api/http_api.hpp"

#include "protocol/payload_size.hpp"
#include "server/api/busy.hpp"
#include "server/api/commands.hpp"
#include "server/api/header_text.hpp"
#include "server/api/http_call.hpp"
#include "server/api/http_routes.hpp"
#include "server/api/reads.hpp"

#include <algorithm>
#include <utility>

namespace parley::server {

namespace {

/// The token that the header Authorization brings; empty where it brings none.
std::string_view bearer_token(std::string_view authorization) {
    const std::size_t end = std::min(authorization.find(' '), authorization.size());
    if (!same_word(authorization.substr(0, end), "Bearer")) return {};
    return trimmed(authorization.substr(end));
}

HttpResponse plain_text(int status, std::string text) {
    return {.status = status,
            .content_type = "text/plain; charset=utf-8",
            .body = std::move(text),
            .headers = {}};
}

}  // namespace

HttpApi::HttpApi(HttpOptions options, Shard& shard, PasswordHasher& hasher, const Operations& operations)
    : options_(std::move(options)), shard_(shard), hasher_(hasher), operations_(operations) {}

HttpResponse HttpApi::problem(const Error& error, int status, std::optional<std::int64_t> floor) {
    if (status == 0) status = http_status(error.code);
    const protocol::ErrorReply reply = error_reply(error);
    protocol::Problem problem;
    problem.type = "urn:parley:error:" + std::string(name_of(error.code));
    problem.title = std::string(sentence(error.code));
    problem.status = status;
    problem.code = error.code;
    if (!error.context.empty()) problem.detail = reply.message;
    problem.field = reply.field;
    problem.retry_after_ms = reply.retry_after_ms;
    problem.floor = floor;
    auto body = protocol::try_encode(problem, protocol::Encoding::json);
    if (!body) {  // A number is out of range: the code says enough without them.
        problem.floor.reset();
        problem.retry_after_ms.reset();
        body = protocol::encode(problem, protocol::Encoding::json);
    }
    HttpResponse response{.status = status,
                          .content_type = "application/problem+json",
                          .body = std::move(*body),
                          .headers = {}};
    if (error.retry_after_ms > 0) {
        response.headers.emplace_back("Retry-After", std::to_string((error.retry_after_ms + 999) / 1000));
    }
    if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

void HttpApi::handle(HttpRequest request, HttpDone done, Now now) {
    auto call = std::make_shared<HttpCall>();
    call->request = std::move(request);
    call->done = std::move(done);
    call->log = &shard_.ports().log;
    call->received = shard_.ports().stamps.stamp();
    shard_.handle_done(
        [this, &call] {
            undo_sign_ins();
            route(call);
        },
        now);
}

void HttpApi::route(const SharedCall& call) {
    shard_.ports().metrics.http_calls.add();
    auto target = parse_target(call->request.target);
    if (!target) return refuse_stranger(call, problem(target.error()));
    call->target = std::move(*target);
    // The same without its body, which is not written then.
    if (call->request.method == "HEAD") call->request.method = "GET";
    const FoundRoute found = find_route(call->request.method, call->target.segments);
    if (found.route == nullptr) {
        HttpResponse response =
            problem({ErrorCode::unknown_type,
                     "There is nothing under this path; the calls of the reference begin with /v1/, and the "
                     "socket is at /v1/socket.",
                     0,
                     {}});
        if (!found.allowed.empty()) {
            response = problem(
                {ErrorCode::unknown_type, "This path is called with " + found.allowed + ".", 0, {}}, 405);
            response.headers.emplace_back("Allow", found.allowed);
        }
        return refuse_stranger(call, std::move(response));
    }
    call->route = found.route;
    call->parameters = found.parameters;
    if (found.route->caller == Caller::signed_in) {
        const std::string_view token = bearer_token(call->request.authorization);
        if (token.empty()) {
            return refuse_stranger(
                call,
                problem(
                    {ErrorCode::not_signed_in, "Send `Authorization: Bearer` with an access token.", 0, {}}));
        }
        const auto claims = shard_.ports().tokens.check_access(token, shard_.now().wall);
        if (!claims) return refuse_stranger(call, problem(claims.error()));
        call->claims = *claims;
    } else if (found.route->caller == Caller::stranger && !admit_stranger(call)) {
        return;
    }
    (this->*found.route->serve)(call);
}

bool HttpApi::admit_stranger(const SharedCall& call) {
    const auto wait = shard_.ports().limits.take_call(call->request.remote, shard_.now().instant);
    if (!wait) return true;
    shard_.ports().metrics.http_calls_refused.add();
    call->refuse(
        {ErrorCode::rate_limited, "Too many calls without sign-in from this address.", wait->ms, {}});
    return false;
}

void HttpApi::refuse_stranger(const SharedCall& call, HttpResponse refusal) {
    if (admit_stranger(call)) call->answer(std::move(refusal));
}

void HttpApi::with_device(const SharedCall& call, std::function<void(Snapshot&)> read,
                          std::function<void()> next) {
    using Facts = Result<std::optional<DeviceFacts>>;
    auto facts = std::make_shared<Facts>(not_read());  // by the read and by what follows it
    const bool reading = shard_.ports().reads.submit(
        shard_.options().number,
        [facts, device = call->claims.device, read = std::move(read)](Snapshot& snapshot) {
            *facts = device_facts(snapshot, device);
            if (read && *facts && **facts && (**facts)->present) read(snapshot);
        },
        [this, call, facts, next = std::move(next)] {
            if (const Status known = check_device(*facts, call->claims.account); !known)
                return call->refuse(known.error());
            // What was read may be of the moment before.
            if (const Status still = shard_.check_not_revoked(call->claims.device); !still)
                return call->refuse(still.error());
            next();
        });
    if (!reading) call->refuse(busy());
}

void HttpApi::serve_live(const SharedCall& call) {
    call->answer(plain_text(200, "alive\n"));
}

void HttpApi::serve_ready(const SharedCall& call) {
    call->answer(operations_.ready() ? plain_text(200, "ready\n") : plain_text(503, "not ready\n"));
}

void HttpApi::serve_metrics(const SharedCall& call) {
    if (!options_.metrics) return call->refuse({ErrorCode::not_allowed, "Metrics are switched off.", 0, {}});
    HttpResponse response = plain_text(200, operations_.metrics());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    call->answer(std::move(response));
}

void HttpApi::serve_socket(const SharedCall& call) {
    // A real upgrade never gets here.
    HttpResponse response = problem({ErrorCode::malformed, "This is the WebSocket's path.", 0, {}}, 426);
    response.headers.emplace_back("Upgrade", "websocket");
    call->answer(std::move(response));
}

void HttpCall::answer(HttpResponse response) {
    if (log->writes(LogLevel::debug)) {
        // The path as it came may hold anything.
        std::vector<LogField> fields{{"method", Plain{route != nullptr ? route->method : "unknown"}},
                                     {"path", Plain{route != nullptr ? route->path : "unknown"}},
                                     {"status", response.status}};
        if (claims.account) fields.emplace_back("account", claims.account);
        if (claims.device) fields.emplace_back("device", claims.device);
        log->write(LogLevel::debug, "called", fields);
    }
    done(std::move(response));
}

void HttpCall::answer_json(int status, std::string body) {
    answer({.status = status, .content_type = "application/json", .body = std::move(body), .headers = {}});
}

}  // namespace parley::server
