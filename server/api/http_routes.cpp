#include "server/api/http_routes.hpp"

#include "server/api/http_payloads.hpp"

#include <algorithm>
#include <array>

namespace parley::server {

namespace {

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
    static constexpr std::array<Route, 49> all{{
        {"POST", "/v1/accounts", Caller::stranger, &HttpApi::serve_register},
        {"POST", "/v1/sessions", Caller::stranger, &HttpApi::serve_sign_in},
        {"POST", "/v1/sessions/refresh", Caller::counted_later, &HttpApi::serve_refresh},
        {"DELETE", "/v1/sessions/current", known, &HttpApi::serve_sign_out},
        {"GET", "/v1/devices", known, &HttpApi::serve_devices},
        {"DELETE", "/v1/devices/{device}", known, message, payloads::revoke_device},
        {"GET", "/v1/profile", known, &HttpApi::serve_profile},
        {"PATCH", "/v1/profile", known, message, payloads::as_body<protocol::ProfileSet>},
        {"POST", "/v1/profiles", known, message, payloads::as_body<protocol::ProfileFind>},
        {"GET", "/v1/blocks", known, &HttpApi::serve_blocks},
        {"PUT", "/v1/blocks/{account}", known, message, payloads::block},
        {"DELETE", "/v1/blocks/{account}", known, message, payloads::unblock},
        {"POST", "/v1/invites", known, message, payloads::as_body<protocol::InviteCreate>},
        {"GET", "/v1/conversations", known, &HttpApi::serve_conversations},
        {"POST", "/v1/conversations", known, message, payloads::as_body<protocol::ConversationCreate>},
        {"PATCH", "/v1/conversations/{stream}", known, message,
         payloads::on_stream<protocol::ConversationRename>},
        {"POST", "/v1/conversations/{stream}/members", known, message,
         payloads::on_stream<protocol::MemberAdd>},
        {"GET", "/v1/conversations/{stream}/members", known, message,
         payloads::read_rows<protocol::RowKind::member>},
        {"GET", "/v1/conversations/{stream}/settings", known, message,
         payloads::read_rows<protocol::RowKind::settings>},
        {"PATCH", "/v1/conversations/{stream}/members/{account}", known, message, payloads::give_role},
        {"DELETE", "/v1/conversations/{stream}/members/{account}", known, message, payloads::remove_member},
        {"PATCH", "/v1/conversations/{stream}/permissions", known, message,
         payloads::on_stream<protocol::ConversationPermissions>},
        {"POST", "/v1/conversations/{stream}/transfer", known, message,
         payloads::on_stream<protocol::OwnershipTransfer>},
        {"PUT", "/v1/conversations/{stream}/history", known, message,
         payloads::on_stream<protocol::HistoryShare>},
        {"PUT", "/v1/conversations/{stream}/slow-mode", known, message,
         payloads::on_stream<protocol::SlowModeSet>},
        {"POST", "/v1/conversations/{stream}/links", known, message,
         payloads::on_stream<protocol::LinkCreate>},
        {"GET", "/v1/conversations/{stream}/links", known, message, payloads::list_links},
        {"DELETE", "/v1/conversations/{stream}/links/{link}", known, message, payloads::revoke_link},
        {"POST", "/v1/links/look", known, message, payloads::as_body<protocol::LinkLook>},
        {"POST", "/v1/links/join", known, message, payloads::as_body<protocol::LinkJoin>},
        {"POST", "/v1/conversations/{stream}/leave", known, message,
         payloads::on_stream<protocol::ConversationLeave>},
        {"POST", "/v1/conversations/{stream}/messages", known, message,
         payloads::on_stream<protocol::MessageSend>},
        {"GET", "/v1/conversations/{stream}/messages", known, message, payloads::read_page},
        {"PATCH", "/v1/conversations/{stream}/messages/{message}", known, message,
         payloads::done_to_message<protocol::MessageEdit>},
        {"DELETE", "/v1/conversations/{stream}/messages/{message}", known, message, payloads::delete_message},
        {"GET", "/v1/conversations/{stream}/messages/{message}/history", known, message,
         payloads::read_message_history},
        {"PUT", "/v1/conversations/{stream}/messages/{message}/reactions", known, message,
         payloads::done_to_message<protocol::MessageReact>},
        {"PUT", "/v1/conversations/{stream}/messages/{message}/pin", known, message,
         payloads::done_to_message<protocol::MessagePin>},
        {"GET", "/v1/conversations/{stream}/changes", known, message, payloads::read_changes},
        {"POST", "/v1/conversations/{stream}/typing", known, &HttpApi::serve_typing},
        {"POST", "/v1/conversations/{stream}/read", known, message, payloads::on_stream<protocol::Read>},
        {"PATCH", "/v1/conversations/{stream}/preferences", known, message,
         payloads::on_stream<protocol::PreferencesSet>},
        {"PUT", "/v1/conversations/{stream}/draft", known, message, payloads::on_stream<protocol::DraftSet>},
        {"POST", "/v1/direct/{account}/messages", known, message, payloads::send_direct},
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
