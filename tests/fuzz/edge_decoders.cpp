// What the edges make of texts that anybody may send: tokens, targets, addresses, pieces of the local
// sockets.

#include "client/net/local_message.hpp"
#include "client/net/transport.hpp"
#include "server/api/http_target.hpp"
#include "server/api/tokens.hpp"
#include "server/domain/sync.hpp"
#include "server/net/client_address.hpp"
#include "server/net/upgrade.hpp"
#include "server/ops/backup_report.hpp"
#include "server/ops/control_request.hpp"
#include "tests/fuzz/decoder.hpp"

#include <algorithm>
#include <span>

namespace parley::fuzz {

namespace {

void check_sync_token(std::string_view bytes) {
    const auto token = server::parse_sync_token(bytes);
    if (!token) return;
    const std::string text = server::to_text(*token);
    must(server::parse_sync_token(text) == token, "what a token says is what its text says");
    must(text.size() <= bytes.size(), "no text is shorter than the server's own");
}

/// One byte changed in a token, or one made up, opens nothing.
void check_bearer_token(std::string_view bytes) {
    static const server::Tokens tokens(server::RootSecret{});
    static const std::string ours = tokens.make_access({.expires = {1}});
    if (bytes != ours) must(!tokens.check_access(bytes, WallTime{0}), "no access by another token");
    must(!tokens.check_refresh(bytes), "no refresh by another token");
}

void check_target(std::string_view bytes) {
    const auto target = server::parse_target(bytes);
    if (!target) return must(!target.error().context.empty(), "a refusal says why");
    must(server::split_target(bytes).rest.starts_with('/'), "a target begins at the root");
    for (const std::string_view segment : target->segments) {
        must(!segment.empty() && segment != "." && segment != "..", "no segment leads elsewhere");
        must(segment.find_first_of("/?#%\\") == std::string_view::npos, "a segment reads in one way");
    }
}

void check_address(std::string_view bytes) {
    const auto address = server::parse_address(bytes);
    if (address) must(!server::limit_key(*address).empty(), "limits know every address");
    const std::vector<std::string> texts{std::string(bytes)};
    const auto proxies = server::TrustedProxies::parse(texts);
    if (!proxies) return must(!proxies.error().context.empty(), "a refusal says why");
    // Whoever is named: an answer comes, and a stranger's header is not taken for true.
    const auto peer = server::parse_address("192.0.2.1");
    const server::Address client = proxies->client_of(*peer, bytes);
    if (!proxies->trusts(*peer)) must(client == *peer, "only a proxy of ours speaks for others");
}

void check_origin(std::string_view bytes) {
    if (!server::is_origin(bytes)) return;
    must(bytes.find("://") != std::string_view::npos, "an origin has a scheme");
    must(std::ranges::none_of(bytes, [](char c) { return c == ' ' || c == '\n' || c == '@'; }),
         "an origin names a host and no person");
}

void check_server_address(std::string_view bytes) {
    const auto address = client::ServerAddress::parse(bytes);
    if (address) must(client::ServerAddress::parse(address->text()) == address, "an address reads as it is");
}

void check_local_message(std::string_view bytes) {
    if (bytes.size() < client::local_header_bytes) return;
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const auto header = client::decode_local_header(
        std::span<const std::uint8_t, client::local_header_bytes>(first, client::local_header_bytes));
    if (!header) return;
    const client::LocalMessage message{header->kind, header->until, std::string(header->body_bytes, 'x')};
    must(client::encode_local_message(message).substr(0, client::local_header_bytes) ==
             bytes.substr(0, client::local_header_bytes),
         "a header reads as it is");
}

void check_backup_report(std::string_view bytes) {
    const auto report = server::decode_report(std::string(bytes));
    if (!report) return;
    const std::string line = server::encode_report(*report);
    const auto again = server::decode_report(line);
    must(again.has_value() && server::encode_report(*again) == line, "a report reads as it is");
}

void check_control_request(std::string_view bytes) {
    const auto request = server::parse_control_request(bytes);
    if (!request) return must(!request.error().context.empty(), "a refusal says why");
    if (const auto* backup = std::get_if<server::BackupRequest>(&*request))
        return must(backup->file.starts_with('/'), "the place of a backup is absolute");
    const auto& invite = std::get<server::OperatorInvite>(*request);
    must(invite.uses >= 1 && invite.uses <= server::invite_uses_max, "an invite may be used, within bounds");
    must(invite.lasts > Duration{} && invite.lasts <= seconds(server::invite_days_max * 24 * 3'600),
         "an invite is good for a while");
}

}  // namespace

std::vector<Decoder> edge_decoders() {
    using Seeds = std::vector<std::string>;
    return {
        {"sync_token", check_sync_token,
         [] {
             return Seeds{"t2.1.7.2s.a.0.0", server::to_text({1, 2, 3, 4, 5, 6})};
         }},
        {"bearer_token", check_bearer_token,
         [] {
             const server::Tokens tokens(server::RootSecret{});
             // A server with another secret made the second kind.
             const server::Tokens others(server::RootSecret{.bytes = {1}});
             return Seeds{tokens.make_access({.expires = {1}}), others.make_refresh({})};
         }},
        {"http_target", check_target,
         [] {
             return Seeds{"/v1/conversations/0193?after=12&limit=50", "/livez", "/v1/../x", "/a%2fb"};
         }},
        {"client_address", check_address,
         [] {
             return Seeds{"203.0.113.7:4711", "[2001:db8::7]:1", "10.0.0.0/8", "fd00::/7, 10.1.2.3",
                          "::ffff:10.0.0.0/104"};
         }},
        {"origin", check_origin,
         [] {
             return Seeds{"https://chat.example.org", "http://[::1]:8080"};
         }},
        {"server_address", check_server_address,
         [] {
             return Seeds{"https://chat.example.org:444/", "http://[::1]:8080", "localhost"};
         }},
        {"local_message", check_local_message,
         [] {
             return Seeds{client::encode_local_message({client::LocalMessage::Kind::output, {7}, "body"})};
         }},
        {"control_request", check_control_request,
         [] {
             return Seeds{"invite 3 7 administrator", "invite 1 1", "backup /var/a folder/copy.db"};
         }},
        {"backup_report", check_backup_report,
         [] {
             return Seeds{server::encode_report({})};
         }},
    };
}

}  // namespace parley::fuzz
