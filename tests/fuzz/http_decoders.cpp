// What becomes of an HTTP call before anybody has signed in: the upgrade to a socket, the path and the body.

#include "protocol/generated/cpp/errors.hpp"
#include "server/api/http_routes.hpp"
#include "server/api/json_field.hpp"
#include "server/net/upgrade.hpp"
#include "tests/fuzz/decoder.hpp"

#include <algorithm>
#include <array>

namespace parley::fuzz {

namespace {

/// Up to the end of the line, which goes.
std::string_view take_line(std::string_view& bytes) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    return line;
}

/// Headers, a line each: target, origin, host, subprotocols, key; and whether TLS ends here.
void check_upgrade(std::string_view bytes) {
    static const server::NetOptions options = [] {
        server::NetOptions made;
        made.origins = {"https://listed.example.org"};
        return made;
    }();
    const server::UpgradeRequest request{.target = take_line(bytes),
                                         .origin = take_line(bytes),
                                         .host = take_line(bytes),
                                         .subprotocols = take_line(bytes),
                                         .key = take_line(bytes),
                                         .secured = !take_line(bytes).empty()};
    const auto spoken = server::check_upgrade(request, options);
    if (!spoken) return must(!spoken.error().context.empty(), "a refusal says why");
    must(request.target == "/v1/socket", "there is one socket");
    must(request.key.size() == 24 && request.key.ends_with("=="), "a key has 16 bytes");
    must(request.subprotocols.find(spoken->name) != std::string_view::npos, "what is spoken was offered");
    if (request.origin.empty()) return;
    must(!request.secured || !request.origin.starts_with("http://"), "no page without TLS comes to TLS");
    const auto folded = [](std::string_view text) {
        std::string folded(text);
        std::ranges::transform(folded, folded.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        return folded;
    };
    const auto origin = folded(request.origin);
    const auto own = folded(request.host);
    must(origin == options.origins.front() || origin == "https://" + own || origin == "http://" + own,
         "an origin is the server's own or listed");
}

/// Anything that is a profile stays the same profile.
void check_json_field(std::string_view bytes) {
    constexpr std::string_view added = "added";
    // Two fields of one name, and names that are written in another way, are another matter.
    if (bytes.empty() || bytes.find(added) != std::string_view::npos) return;
    if (bytes.find('\\') != std::string_view::npos) return;
    const auto before = protocol::decode<protocol::ProfileSet>(bytes, protocol::Encoding::json);
    const auto with = server::with_field(bytes, "\"added\":{\"direct\":\"a1\"}");
    const auto after = protocol::decode<protocol::ProfileSet>(with, protocol::Encoding::json);
    if (!after && after.error().code == ErrorCode::too_large) return;
    must(before.has_value() == after.has_value(), "one field more changes nothing");
    if (before) must(*before == *after, "one field more changes no other");
    const auto alone = server::with_field("", "\"target\":{\"stream\":\"c1\"}");
    must(protocol::decode<protocol::ConversationLeave>(alone, protocol::Encoding::json).has_value(),
         "a field may stand alone");
}

/// One call of each route, with plain words where it has names.
std::vector<std::string> call_seeds() {
    std::vector<std::string> seeds{"POST /v1/conversations/c1/messages\n{\"text\":\"hello\"}",
                                   "POST /v1/direct/a1/messages\n{\"text\":\"hello\"}",
                                   "GET /v1/conversations/c1/messages?from=1&to=9&since=3\n",
                                   "GET /v1/conversations/c1/changes?after=3&only=removed\n"};
    for (const server::Route& route : server::routes()) {
        std::string line(route.method);
        line += ' ';
        for (std::string_view path = route.path; !path.empty();) {
            const auto open = std::min(path.find('{'), path.size());
            line += path.substr(0, open);
            path.remove_prefix(open);
            const auto close = path.find('}');
            if (close == std::string_view::npos) break;
            line += path.starts_with("{message}") ? "017f22e2-79b0-7cc3-98c4-dc0c0c07398f" : "x1";
            path.remove_prefix(close + 1);
        }
        seeds.push_back(line + "\n{}");
    }
    return seeds;
}

/// "METHOD target", and the body behind it.
void check_call(std::string_view bytes) {
    auto line = take_line(bytes);
    const auto space = std::min(line.find(' '), line.size());
    server::HttpCall call;
    call.request.method = std::string(line.substr(0, space));
    call.request.target = std::string(line.substr(std::min(space + 1, line.size())));
    call.request.body = std::string(bytes);
    const auto target = server::parse_target(call.request.target);
    if (!target) return;
    call.target = *target;
    auto found = server::find_route(call.request.method, call.target.segments);
    if (found.route == nullptr || found.route->parse == nullptr) return;
    call.parameters = std::move(found.parameters);
    const auto payload = found.route->parse(call);
    if (!payload) return must(!payload.error().context.empty(), "a refusal says why");
    if (const auto* leave = std::get_if<protocol::ConversationLeave>(&*payload))
        must(leave->target.stream && leave->target.stream->text() == call.parameter("stream"),
             "the path says which conversation");
}

}  // namespace

std::vector<Decoder> http_decoders() {
    using Seeds = std::vector<std::string>;
    return {
        {"upgrade", check_upgrade,
         [] {
             const std::string key = "\ndGhlIHNhbXBsZSBub25jZQ==\n";
             return Seeds{"/v1/socket\n\nhost\nparley.v1.json" + key,
                          "/v1/socket\nhttps://host\nhost\nx, parley.v1.cbor" + key + "s",
                          "/v1/socket\nhttps://listed.example.org\nhost\nparley.v1.cbor" + key};
         }},
        {"json_field", check_json_field,
         [] {
             return Seeds{"{}", " { } ", "{\"name\":\"Ada\"}", "{\"handle\":\"ada\",\"name\":\"A\"}"};
         }},
        {"http_call", check_call, call_seeds},
    };
}

}  // namespace parley::fuzz
