#include "server/net/upgrade.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <array>

namespace parley::server {

namespace {

constexpr std::string_view socket_path = "/v1/socket";

constexpr std::array<Subprotocol, 2> subprotocols{{
    {"parley.v1.cbor", protocol::Encoding::cbor},
    {"parley.v1.json", protocol::Encoding::json},
}};

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t'))
        text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t'))
        text.remove_suffix(1);
    return text;
}

bool same_text(std::string_view a, std::string_view b) {
    const auto folded = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return folded(x) == folded(y); });
}

/// 16 bytes in base64.
bool is_key(std::string_view text) {
    constexpr std::size_t digits = 22;
    if (text.size() != digits + 2 || !text.ends_with("==")) return false;
    return std::all_of(text.begin(), text.begin() + digits, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/';
    });
}

/// The scheme is compared only where TLS ends here; behind a proxy the server cannot know it.
bool is_own_origin(const UpgradeRequest& request) {
    std::string_view origin = request.origin;
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!origin.starts_with(scheme)) continue;
        if (request.secured && scheme != "https://") return false;
        origin.remove_prefix(scheme.size());
        return !request.host.empty() && same_text(origin, request.host);
    }
    return false;
}

}  // namespace

bool is_origin(std::string_view text) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!text.starts_with(scheme)) continue;
        text.remove_prefix(scheme.size());
        return !text.empty() && text.find_first_of("/?#@*, \t") == std::string_view::npos;
    }
    return false;
}

Result<Subprotocol> check_upgrade(const UpgradeRequest& request, const NetOptions& options) {
    if (request.target != socket_path) return fail(ErrorCode::unknown_type, "The socket is at /v1/socket.");
    if (!request.origin.empty() && !is_own_origin(request)) {
        const bool listed =
            std::any_of(options.origins.begin(), options.origins.end(),
                        [&](const std::string& known) { return same_text(known, request.origin); });
        if (!listed)
            return fail(ErrorCode::not_allowed,
                        "Pages of this origin may not connect (setting listen.origins).");
    }
    if (!is_key(request.key))
        return fail(ErrorCode::malformed, "Sec-WebSocket-Key has to be 16 bytes in base64.");
    // The client's order counts: it names first what it likes best.
    std::string_view offered = request.subprotocols;
    while (!offered.empty()) {
        const std::size_t comma = std::min(offered.find(','), offered.size());
        const std::string_view name = trimmed(offered.substr(0, comma));
        offered.remove_prefix(std::min(comma + 1, offered.size()));
        for (const Subprotocol& known : subprotocols) {
            if (known.name == name) return known;
        }
    }
    return fail(ErrorCode::malformed, "Offer the subprotocol parley.v1.cbor or parley.v1.json.");
}

}  // namespace parley::server
