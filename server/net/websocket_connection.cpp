#include "server/net/websocket_connection.hpp"

#include "protocol/generated/cpp/limits.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::server {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

/// What a connection keeps of its receive buffer between two frames.
constexpr std::size_t idle_buffer_bytes = 512;

/// A system call takes so many pieces without much ado; more are joined, which costs less than more calls.
constexpr std::size_t pieces_gathered_max = 8;

/// The pieces of a frame as Asio writes them.
std::vector<asio::const_buffer> buffers_of(Frame& frame) {
    if (frame.pieces.size() > pieces_gathered_max) {
        std::string joined;
        joined.reserve(frame.bytes);
        for (const SharedText& piece : frame.pieces)
            joined += *piece;
        frame.pieces.assign(1, std::make_shared<const std::string>(std::move(joined)));
    }
    std::vector<asio::const_buffer> buffers;
    buffers.reserve(frame.pieces.size());
    for (const SharedText& piece : frame.pieces)
        buffers.emplace_back(piece->data(), piece->size());
    return buffers;
}

/// One WebSocket over Beast. Everything on its shard's thread; what is under way holds it.
///
///     handshake -> open -> closing (the session let go; last frame, close frame) -> gone
class WebSocketConnection : public Connection, public std::enable_shared_from_this<WebSocketConnection> {
  public:
    WebSocketConnection(std::unique_ptr<Wire> wire, std::unique_ptr<Counted> counted, ShardLoop& loop,
                        const Subprotocol& subprotocol)
        : stream_(std::move(*wire)),
          counted_(std::move(counted)),
          socket_(counted_->doors(), &Doors::sockets),
          loop_(loop),
          encoding_(subprotocol.encoding) {
        stream_.read_message_max(static_cast<std::size_t>(limits::frame_bytes_max));
        stream_.auto_fragment(false);
        stream_.binary(encoding_ == protocol::Encoding::cbor);
        stream_.set_option(
            websocket::stream_base::timeout{std::chrono::milliseconds(counted_->options().header_time_max.ms),
                                            websocket::stream_base::none(), false});
        stream_.set_option(
            websocket::stream_base::decorator([name = subprotocol.name](websocket::response_type& response) {
                response.set(http::field::sec_websocket_protocol, name);
                response.set(http::field::server, "parleyd");
            }));
    }

    void start(http::request<http::string_body> request) {
        auto kept =
            std::make_shared<http::request<http::string_body>>(std::move(request));  // until it is answered
        stream_.async_accept(*kept, [self = shared_from_this(), kept](error_code error) {
            if (!error) self->opened();
        });
    }

    void send(Frame frame) override {
        writing_ = std::move(frame);
        stream_.async_write(buffers_of(writing_), [self = shared_from_this()](error_code error, std::size_t) {
            self->written(error);
        });
        write_under_way_ = true;
    }

    void take_frames(bool take) override {
        takes_frames_ = take;
        if (!take || reading_ || handling_) return;
        read();
        paused_.reset();
    }

    void handle_signed_in() override { counted_->is_known(); }

    void close(CloseCode code, Frame last) override {
        session_.reset();
        code_ = code;
        last_ = std::move(last);
        deadline_.emplace(stream_.get_executor(),
                          std::chrono::milliseconds(counted_->options().close_time_max.ms));
        deadline_->async_wait([self = shared_from_this()](error_code error) {
            if (!error) self->stream_.next_layer().cut();
        });
        if (!write_under_way_) write_last();
        paused_.reset();
    }

  private:
    void opened() {
        session_ = loop_.handle_connected(*this, encoding_);
        if (session_) read();
    }

    void read() {
        reading_ = true;
        stream_.async_read(
            buffer_, [self = shared_from_this()](error_code error, std::size_t) { self->received(error); });
    }

    void received(error_code error) {
        reading_ = false;
        if (error) return ended();
        // After `close` what comes in is thrown away until the peer answers.
        if (session_ && stream_.got_text() != (encoding_ == protocol::Encoding::json)) {
            const SessionKey session = *session_;
            close(CloseCode::malformed, {});
            return loop_.handle_disconnected(session);
        }
        if (session_) {
            const auto bytes = buffer_.cdata();
            handling_ = true;
            loop_.handle_frame(*session_, {static_cast<const char*>(bytes.data()), bytes.size()});
            handling_ = false;
        }
        buffer_.consume(buffer_.size());
        if (buffer_.capacity() > idle_buffer_bytes) buffer_ = beast::flat_buffer{};
        // When the session has closed, `async_close` reads what is left.
        if (!session_) return;
        if (takes_frames_) return read();
        paused_ = shared_from_this();
    }

    void written(error_code error) {
        write_under_way_ = false;
        writing_ = {};
        if (error) return ended();
        if (session_) {
            loop_.handle_written(*session_);
        } else if (code_) {
            write_last();
        }
    }

    void write_last() {
        if (last_.pieces.empty()) return write_close();
        writing_ = std::exchange(last_, {});
        stream_.async_write(buffers_of(writing_), [self = shared_from_this()](error_code error, std::size_t) {
            if (error) return self->ended();
            self->write_close();
        });
    }

    void write_close() {
        const auto code = static_cast<websocket::close_code>(*code_);
        stream_.async_close(websocket::close_reason(code),
                            [self = shared_from_this()](error_code) { self->ended(); });
    }

    /// The connection is of no more use; whatever else is under way ends with an error.
    void ended() {
        const auto self = std::exchange(paused_, nullptr);
        stream_.next_layer().cut();
        if (deadline_) deadline_->cancel();
        if (session_) loop_.handle_disconnected(*std::exchange(session_, std::nullopt));
    }

    websocket::stream<Wire, false> stream_;  // without compression
    beast::flat_buffer buffer_;
    std::unique_ptr<Counted> counted_;
    Counted socket_;
    ShardLoop& loop_;
    protocol::Encoding encoding_;
    bool write_under_way_ = false;
    bool takes_frames_ = true;
    bool reading_ = false;
    /// Itself, while no frame is taken and so perhaps nothing is under way that would hold it.
    std::shared_ptr<WebSocketConnection> paused_;
    /// The session looks at the frame in the buffer.
    bool handling_ = false;
    /// Nothing: the session has closed, or not begun.
    std::optional<SessionKey> session_;
    Frame writing_;
    Frame last_;
    std::optional<CloseCode> code_;
    std::optional<asio::steady_timer> deadline_;
};

}  // namespace

void serve_websocket(std::unique_ptr<Wire> wire, std::unique_ptr<Counted> counted, ShardLoop& loop,
                     const Subprotocol& subprotocol, http::request<http::string_body> request) {
    std::make_shared<WebSocketConnection>(std::move(wire), std::move(counted), loop, subprotocol)
        ->start(std::move(request));
}

}  // namespace parley::server
