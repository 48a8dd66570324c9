#pragma once

#include "server/net/client_address.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/container/static_vector.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace parley::server {

/// Whoever is at the other end; nobody's address where he has gone.
inline Address peer_of(const boost::asio::ip::tcp::socket& socket) {
    namespace ip = boost::asio::ip;
    boost::system::error_code gone;
    const ip::address address = socket.remote_endpoint(gone).address();
    const ip::address_v6 six =
        address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
    return {.bytes = six.to_bytes()};
}

/// A TCP connection with or without TLS: one stream type, so that the code over it is compiled once.
class Wire {
  public:
    using Socket = boost::asio::ip::tcp::socket;
    using Tls = boost::asio::ssl::stream<Socket&>;
    using executor_type = Socket::executor_type;
    using next_layer_type = Socket;
    using lowest_layer_type = Socket::lowest_layer_type;

    explicit Wire(Socket socket) : socket_(std::make_unique<Socket>(std::move(socket))) {}

    /// From here on everything goes through TLS; the handshake is the caller's.
    Tls& secure(boost::asio::ssl::context& context) {
        tls_ = std::make_unique<Tls>(*socket_, context);
        return *tls_;
    }

    executor_type get_executor() { return socket_->get_executor(); }
    next_layer_type& next_layer() { return *socket_; }
    lowest_layer_type& lowest_layer() { return socket_->lowest_layer(); }
    Socket& socket() { return *socket_; }
    bool secured() const { return tls_ != nullptr; }

    /// Ends both directions at once; what waits on it ends with an error.
    void cut() {
        boost::system::error_code ignored;
        socket_->close(ignored);
    }

    template <class Buffers, class Handler>
    auto async_read_some(const Buffers& buffers, Handler&& handler) {
        return boost::asio::async_initiate<Handler, void(boost::system::error_code, std::size_t)>(
            [this](auto done, const auto& into) { read(first<MutablePieces>(into), std::move(done)); },
            handler, buffers);
    }

    template <class Buffers, class Handler>
    auto async_write_some(const Buffers& buffers, Handler&& handler) {
        return boost::asio::async_initiate<Handler, void(boost::system::error_code, std::size_t)>(
            [this](auto done, const auto& from) { write(first<ConstPieces>(from), std::move(done)); },
            handler, buffers);
    }

  private:
    // What reads and writes has one type here, whoever calls: Asio's operations under every kind of buffers
    // and handler that Beast has would be a third of what this library costs to compile.
    using Done = std::move_only_function<void(boost::system::error_code, std::size_t)>;
    using MutablePieces = boost::container::static_vector<boost::asio::mutable_buffer, 16>;
    using ConstPieces = boost::container::static_vector<boost::asio::const_buffer, 16>;

    /// As many as there is room for; the caller sees by the number of bytes that some were left.
    template <class Pieces, class Buffers>
    static Pieces first(const Buffers& buffers) {
        Pieces pieces;
        for (const typename Pieces::value_type piece : boost::beast::buffers_range_ref(buffers)) {
            if (pieces.size() == pieces.capacity()) break;
            pieces.push_back(piece);
        }
        return pieces;
    }

    void read(const MutablePieces& pieces, Done done) {
        if (tls_) return tls_->async_read_some(pieces, std::move(done));
        socket_->async_read_some(pieces, std::move(done));
    }

    void write(const ConstPieces& pieces, Done done) {
        if (tls_) return tls_->async_write_some(pieces, std::move(done));
        socket_->async_write_some(pieces, std::move(done));
    }

    std::unique_ptr<Socket> socket_;  // its address stays, since TLS holds on to it
    std::unique_ptr<Tls> tls_;
};

/// How Beast ends the stream under a WebSocket: the close frames have been exchanged, so nothing is owed.
template <class Handler>
void async_teardown(boost::beast::role_type, Wire& wire, Handler&& handler) {
    boost::system::error_code error;
    wire.socket().shutdown(Wire::Socket::shutdown_both, error);
    boost::asio::post(wire.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
        handler(boost::system::error_code{});
    });
}

inline void teardown(boost::beast::role_type, Wire& wire, boost::system::error_code& error) {
    wire.socket().shutdown(Wire::Socket::shutdown_both, error);
}

}  // namespace parley::server
