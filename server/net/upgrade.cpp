#include "server/net/upgrade.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/api/header_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace parley::server {

namespace {

constexpr std::string_view socket_path = "/v1/socket";

constexpr std::array<Subprotocol, 2> subprotocols{{
    {"parley.v1.cbor", protocol::Encoding::cbor},
    {"parley.v1.json", protocol::Encoding::json},
}};

/// 16 bytes in base64.
bool is_key(std::string_view text) {
    constexpr std::size_t digits = 22;
    if (text.size() != digits + 2 || !text.ends_with("==")) return false;
    return std::all_of(text.begin(), text.begin() + digits, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/';
    });
}

/// An origin without its scheme.
struct BareOrigin {
    bool secured = false;
    std::string_view host;
};

std::optional<BareOrigin> without_scheme(std::string_view origin) {
    constexpr std::string_view secured = "https://";
    constexpr std::string_view plain = "http://";
    if (origin.starts_with(secured)) return BareOrigin{true, origin.substr(secured.size())};
    if (origin.starts_with(plain)) return BareOrigin{false, origin.substr(plain.size())};
    return std::nullopt;
}

/// The scheme is compared only where TLS ends here; behind a proxy the server cannot know it.
bool is_own_origin(const UpgradeRequest& request) {
    const auto origin = without_scheme(request.origin);
    if (!origin || (request.secured && !origin->secured)) return false;
    return !request.host.empty() && same_word(origin->host, request.host);
}

}  // namespace

bool is_origin(std::string_view text) {
    const auto origin = without_scheme(text);
    if (!origin || origin->host.empty()) return false;
    // Browsers write names beyond ASCII in their ASCII form (RFC 5891).
    return std::ranges::all_of(origin->host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(".-_:[]").find(c) != std::string_view::npos;
    });
}

Result<Subprotocol> check_upgrade(const UpgradeRequest& request, const NetOptions& options) {
    if (request.target != socket_path) return fail(ErrorCode::unknown_type, "The socket is at /v1/socket.");
    if (!request.origin.empty() && !is_own_origin(request)) {
        const bool listed =
            std::any_of(options.origins.begin(), options.origins.end(),
                        [&](const std::string& known) { return same_word(known, request.origin); });
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
