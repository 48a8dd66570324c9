#include "server/api/http_api.hpp"

#include "protocol/payload_size.hpp"
#include "server/api/busy.hpp"
#include "server/api/commands.hpp"
#include "server/api/http_call.hpp"
#include "server/api/http_routes.hpp"
#include "server/api/reads.hpp"

#include <utility>

namespace parley::server {

namespace {

constexpr std::string_view bearer = "Bearer ";

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
    HttpResponse response{.status = status,
                          .content_type = "application/problem+json",
                          .body = protocol::encode(problem, protocol::Encoding::json),
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
        if (!call->request.authorization.starts_with(bearer)) {
            return refuse_stranger(
                call,
                problem(
                    {ErrorCode::not_signed_in, "Send `Authorization: Bearer` with an access token.", 0, {}}));
        }
        const std::string_view token = std::string_view(call->request.authorization).substr(bearer.size());
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

std::string HttpCall::parameter(std::string_view name) const {
    for (const auto& [known, value] : parameters) {
        if (known == name) return std::string(value);
    }
    return {};
}

void HttpCall::answer_json(int status, std::string body) {
    answer({.status = status, .content_type = "application/json", .body = std::move(body), .headers = {}});
}

Status HttpCall::check_body() const {
    const std::string_view type = request.content_type;
    if (!type.empty() && type != "application/json" && !type.starts_with("application/json;"))
        return fail(ErrorCode::malformed, "Bodies are application/json.");
    return protocol::check_payload_size(request.body, protocol::Encoding::json);
}

}  // namespace parley::server
