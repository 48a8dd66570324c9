#pragma once

#include "server/net/http_connection.hpp"
#include "server/net/upgrade.hpp"
#include "server/net/wire.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>

namespace parley::server {

/// Answers the handshake and runs the socket until it ends. Keeps itself alive.
void serve_websocket(std::unique_ptr<Wire> wire, std::unique_ptr<Counted> counted, ShardLoop& loop,
                     const Subprotocol& subprotocol,
                     boost::beast::http::request<boost::beast::http::string_body> request);

}  // namespace parley::server
