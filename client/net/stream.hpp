#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/container/static_vector.hpp>

#include <functional>
#include <utility>

namespace parley::client {

/// TCP with or without TLS, as one stream type, so that WebSocket and HTTP are compiled once.
class Stream {
  public:
    using Socket = boost::asio::ip::tcp::socket;
    using Tls = boost::asio::ssl::stream<Socket>;
    using executor_type = Socket::executor_type;

    Stream(boost::asio::io_context& context, boost::asio::ssl::context& tls, bool secure)
        : stream_(context, tls), secure_(secure) {}

    executor_type get_executor() { return stream_.get_executor(); }
    Socket& socket() { return stream_.next_layer(); }
    Tls& tls() { return stream_; }
    bool secure() const { return secure_; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto done, const auto& into) { read(first<MutablePieces>(into), std::move(done)); }, token,
            buffers);
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto done, const auto& from) { write(first<ConstPieces>(from), std::move(done)); }, token,
            buffers);
    }

  private:
    // One type for whoever calls, so that Asio's operations are compiled once.
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
        if (secure_) return stream_.async_read_some(pieces, std::move(done));
        socket().async_read_some(pieces, std::move(done));
    }

    void write(const ConstPieces& pieces, Done done) {
        if (secure_) return stream_.async_write_some(pieces, std::move(done));
        socket().async_write_some(pieces, std::move(done));
    }

    Tls stream_;
    bool secure_;
};

inline void beast_close_socket(Stream& stream) {
    boost::system::error_code ignored;
    stream.socket().close(ignored);
}

/// WebSocket calls this when the closing handshake is over. TLS's own goodbye adds nothing to it.
template <class Handler>
void async_teardown(boost::beast::role_type, Stream& stream, Handler&& handler) {
    beast_close_socket(stream);
    boost::asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
        handler(boost::system::error_code{});
    });
}

}  // namespace parley::client
