#pragma once

#include "server/net/http_connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

namespace parley::server {

/// Tells whoever connected that there are as many connections as the server takes (503 with Retry-After), and
/// ends the connection. Never waits for the peer; some of these connections are held for a moment, so that
/// what the peer sends meanwhile does not destroy the answer on its way. From the thread that accepts; goes
/// on on the socket's.
void refuse_connection(boost::asio::ip::tcp::socket socket, const SharedDoors& doors);

/// The same to one that expects TLS.
void refuse_secured(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& context,
                    const SharedDoors& doors);

}  // namespace parley::server
