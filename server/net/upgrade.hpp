#pragma once

#include "base/result.hpp"
#include "protocol/codec.hpp"
#include "server/net/options.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace parley::server {

/// What is looked at before a connection may become a socket.
struct UpgradeRequest {
    std::string_view target;
    std::string_view origin;
    std::string_view host;
    /// Sec-WebSocket-Protocol as it came: names with commas between.
    std::string_view subprotocols;
    /// Sec-WebSocket-Key as it came.
    std::string_view key;
    bool secured = false;
};

struct Subprotocol {
    std::string_view name;
    protocol::Encoding encoding{};
};

/// Whether a browser could say this: a scheme, a host and perhaps a port, and nothing behind them (RFC 6454,
/// section 7).
bool is_origin(std::string_view text);

/// The subprotocol to speak; refused are other paths, origins that are neither the server's own nor on the
/// list, keys that are none (RFC 6455, section 4.2.1), and clients that speak nothing we know. No `Origin` at
/// all means that it is no browser, which is let in.
Result<Subprotocol> check_upgrade(const UpgradeRequest& request, const NetOptions& options);

}  // namespace parley::server
