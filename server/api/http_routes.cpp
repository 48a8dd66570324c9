#include "server/api/http_routes.hpp"

#include <algorithm>
#include <array>

namespace parley::server {

namespace {

using protocol::Payload;

// Segments of a path are plain (http_target.hpp), so that nothing in them needs escaping.

/// A command on the conversation {stream}; the rest of its payload is the body.
template <class T>
Result<Payload> on_stream(const HttpCall& call) {
    return call.body_with_target<T>("{\"stream\":\"" + call.parameter("stream") + "\"}");
}

/// A message to the person {account}.
Result<Payload> send_direct(const HttpCall& call) {
    return call.body_with_target<protocol::MessageSend>("{\"direct\":\"" + call.parameter("account") + "\"}");
}

template <class T>
Result<Payload> as_body(const HttpCall& call) {
    return call.body<T>();
}

Result<Payload> remove_member(const HttpCall& call) {
    protocol::MemberRemove payload;
    payload.target.stream = StreamId(call.parameter("stream"));
    payload.account = AccountId(call.parameter("account"));
    return payload;
}

Result<Payload> give_role(const HttpCall& call) {
    return call.body_with_fields<protocol::MemberRole>("\"account\":\"" + call.parameter("account") +
                                                       "\",\"target\":{\"stream\":\"" +
                                                       call.parameter("stream") + "\"}");
}

Result<Uuid> message_of(const HttpCall& call) {
    const auto id = Uuid::parse(call.parameter("message"));
    if (!id) return fail({ErrorCode::malformed, "A message has a UUID for its id.", 0, "message"});
    return *id;
}

std::optional<AccountId> sender_of(const HttpCall& call) {
    const auto sender = call.target.parameter("sender");
    return sender ? std::optional(AccountId(std::string(*sender))) : std::nullopt;
}

/// What is done to a message, and whose it is, stands in the body.
template <class Command>
Result<Payload> done_to_message(const HttpCall& call) {
    TRY_ASSIGN(const Uuid message, message_of(call));
    return call.body_with_fields<Command>("\"message\":\"" + message.text() + "\",\"target\":{\"stream\":\"" +
                                          call.parameter("stream") + "\"}");
}

Result<Payload> delete_message(const HttpCall& call) {
    protocol::MessageDelete payload;
    payload.target.stream = StreamId(call.parameter("stream"));
    TRY_ASSIGN(payload.message, message_of(call));
    payload.sender = sender_of(call);
    return payload;
}

Result<Payload> read_message_history(const HttpCall& call) {
    protocol::MessageHistory payload;
    payload.stream = StreamId(call.parameter("stream"));
    TRY_ASSIGN(payload.message, message_of(call));
    payload.sender = sender_of(call);
    TRY_ASSIGN(const auto after, call.target.number("after"));
    payload.after = after.value_or(0);
    return payload;
}

Result<Payload> revoke_device(const HttpCall& call) {
    return protocol::DeviceRevoke{.device = DeviceId(call.parameter("device"))};
}

/// As `decode` does for the socket: 1 up to a page.
Result<std::optional<std::int64_t>> limit_of(const HttpCall& call) {
    TRY_ASSIGN(const std::optional<std::int64_t> limit, call.target.number("limit"));
    if (limit && (*limit < 1 || *limit > limits::page_rows_max)) {
        return fail({ErrorCode::invalid, "The limit is 1 to 200.", 0, "limit"});
    }
    return limit;
}

Result<Payload> read_page(const HttpCall& call) {
    protocol::Page page;
    page.stream = StreamId(call.parameter("stream"));
    TRY_ASSIGN(page.before, call.target.number("before"));
    TRY_ASSIGN(page.after, call.target.number("after"));
    TRY_ASSIGN(page.around, call.target.number("around"));
    TRY_ASSIGN(page.from, call.target.number("from"));
    TRY_ASSIGN(page.to, call.target.number("to"));
    TRY_ASSIGN(page.since, call.target.number("since"));
    TRY_ASSIGN(page.limit, limit_of(call));
    TRY_ASSIGN(const auto rest_message, call.target.number("rest_message"));
    TRY_ASSIGN(const auto rest_after, call.target.number("rest_after"));
    if (rest_message) page.rest = {.message = *rest_message, .after = rest_after.value_or(0)};
    return page;
}

Result<Payload> read_changes(const HttpCall& call) {
    protocol::Changes changes;
    changes.stream = StreamId(call.parameter("stream"));
    TRY_ASSIGN(const auto after, call.target.number("after"));
    changes.after = after.value_or(0);
    TRY_ASSIGN(changes.limit, limit_of(call));
    if (const auto only = call.target.parameter("only")) {
        if (*only != "removed") return fail({ErrorCode::invalid, "Only `removed` is known.", 0, "only"});
        changes.only = protocol::Only::removed;
    }
    return changes;
}

template <protocol::RowKind kind>
Result<Payload> read_rows(const HttpCall& call) {
    protocol::Rows rows;
    rows.stream = StreamId(call.parameter("stream"));
    rows.kind = kind;
    TRY_ASSIGN(const auto after, call.target.number("after"));
    rows.after = after.value_or(0);
    TRY_ASSIGN(rows.limit, limit_of(call));
    return rows;
}

std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

/// Whether the path fits the pattern; then with the values of its names.
bool fits(std::string_view pattern, std::span<const std::string_view> segments,
          std::vector<std::pair<std::string_view, std::string_view>>& parameters) {
    parameters.clear();
    for (const std::string_view segment : segments) {
        if (pattern.empty()) return false;
        const std::string_view expected = take_segment(pattern);
        if (expected.starts_with('{')) {
            parameters.emplace_back(expected.substr(1, expected.size() - 2), segment);
        } else if (expected != segment) {
            return false;
        }
    }
    return pattern.empty();
}

}  // namespace

/// A struct, since it alone may name what is private to HttpApi.
struct RouteTable {
    static constexpr auto known = Caller::signed_in;
    static constexpr auto message = &HttpApi::serve_message;
    static constexpr std::array<Route, 38> all{{
        {"POST", "/v1/accounts", Caller::stranger, &HttpApi::serve_register},
        {"POST", "/v1/sessions", Caller::stranger, &HttpApi::serve_sign_in},
        {"POST", "/v1/sessions/refresh", Caller::counted_later, &HttpApi::serve_refresh},
        {"DELETE", "/v1/sessions/current", known, &HttpApi::serve_sign_out},
        {"GET", "/v1/devices", known, &HttpApi::serve_devices},
        {"DELETE", "/v1/devices/{device}", known, message, revoke_device},
        {"GET", "/v1/profile", known, &HttpApi::serve_profile},
        {"PATCH", "/v1/profile", known, message, as_body<protocol::ProfileSet>},
        {"POST", "/v1/profiles", known, message, as_body<protocol::ProfileFind>},
        {"POST", "/v1/invites", known, message, as_body<protocol::InviteCreate>},
        {"GET", "/v1/conversations", known, &HttpApi::serve_conversations},
        {"POST", "/v1/conversations", known, message, as_body<protocol::ConversationCreate>},
        {"PATCH", "/v1/conversations/{stream}", known, message, on_stream<protocol::ConversationRename>},
        {"POST", "/v1/conversations/{stream}/members", known, message, on_stream<protocol::MemberAdd>},
        {"GET", "/v1/conversations/{stream}/members", known, message, read_rows<protocol::RowKind::member>},
        {"GET", "/v1/conversations/{stream}/settings", known, message,
         read_rows<protocol::RowKind::settings>},
        {"PATCH", "/v1/conversations/{stream}/members/{account}", known, message, give_role},
        {"DELETE", "/v1/conversations/{stream}/members/{account}", known, message, remove_member},
        {"PATCH", "/v1/conversations/{stream}/permissions", known, message,
         on_stream<protocol::ConversationPermissions>},
        {"POST", "/v1/conversations/{stream}/transfer", known, message,
         on_stream<protocol::OwnershipTransfer>},
        {"POST", "/v1/conversations/{stream}/leave", known, message, on_stream<protocol::ConversationLeave>},
        {"POST", "/v1/conversations/{stream}/messages", known, message, on_stream<protocol::MessageSend>},
        {"GET", "/v1/conversations/{stream}/messages", known, message, read_page},
        {"PATCH", "/v1/conversations/{stream}/messages/{message}", known, message,
         done_to_message<protocol::MessageEdit>},
        {"DELETE", "/v1/conversations/{stream}/messages/{message}", known, message, delete_message},
        {"GET", "/v1/conversations/{stream}/messages/{message}/history", known, message,
         read_message_history},
        {"PUT", "/v1/conversations/{stream}/messages/{message}/reactions", known, message,
         done_to_message<protocol::MessageReact>},
        {"PUT", "/v1/conversations/{stream}/messages/{message}/pin", known, message,
         done_to_message<protocol::MessagePin>},
        {"GET", "/v1/conversations/{stream}/changes", known, message, read_changes},
        {"POST", "/v1/conversations/{stream}/read", known, message, on_stream<protocol::Read>},
        {"PATCH", "/v1/conversations/{stream}/preferences", known, message,
         on_stream<protocol::PreferencesSet>},
        {"PUT", "/v1/conversations/{stream}/draft", known, message, on_stream<protocol::DraftSet>},
        {"POST", "/v1/direct/{account}/messages", known, message, send_direct},
        {"POST", "/v1/ack", known, &HttpApi::serve_acks},
        {"GET", "/v1/socket", Caller::stranger, &HttpApi::serve_socket},
        {"GET", "/livez", Caller::probe, &HttpApi::serve_live},
        {"GET", "/readyz", Caller::probe, &HttpApi::serve_ready},
        {"GET", "/metrics", Caller::stranger, &HttpApi::serve_metrics},
    }};
};

std::span<const Route> routes() {
    return RouteTable::all;
}

FoundRoute find_route(std::string_view method, std::span<const std::string_view> segments) {
    FoundRoute found;
    for (const Route& route : routes()) {
        std::vector<std::pair<std::string_view, std::string_view>> parameters;
        if (!fits(route.path, segments, parameters)) continue;
        if (route.method == method) {
            found.route = &route;
            found.parameters = std::move(parameters);
            return found;
        }
        if (!found.allowed.empty()) found.allowed += ", ";
        found.allowed += route.method;
        if (route.method == "GET") found.allowed += ", HEAD";
    }
    return found;
}

}  // namespace parley::server
