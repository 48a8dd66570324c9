#include "server/net/http_connection.hpp"

#include "server/api/busy.hpp"
#include "server/api/header_text.hpp"
#include "server/api/http_target.hpp"
#include "server/net/websocket_connection.hpp"
#include "server/net/wire.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace parley::server {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

using Parser = http::request_parser<http::string_body>;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::string_view websocket_version = "13";

/// Whether the peer has closed its side, also where more of what it sent waits to be read.
bool has_gone(int descriptor) {
    pollfd looked{.fd = descriptor, .events = POLLRDHUP, .revents = 0};
    return ::poll(&looked, 1, 0) > 0 && (looked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

std::string text_of(beast::string_view text) {
    return {text.data(), text.size()};
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Refuses a header about whose end of the body, or whose host, somebody between the client and us could
/// think otherwise than we do: what is a body to him would be the next request to us. A length and chunks
/// together, and what is no header at all, Beast refuses.
Status check_header(const Request& request) {
    // RFC 9112, section 6.1: of all codings we know only this one, and HTTP/1.0 knows none.
    const std::string coding = text_of(request[http::field::transfer_encoding]);
    if (request.count(http::field::transfer_encoding) > 0 &&
        (!same_word(coding, "chunked") || request.version() < 11))
        return fail(ErrorCode::malformed, "The only Transfer-Encoding here is `chunked`, of HTTP/1.1.");
    // Section 6.3.
    const auto lengths = request.count(http::field::content_length);
    if (lengths > 1 || (lengths == 1 && !is_number(text_of(request[http::field::content_length]))))
        return fail(ErrorCode::malformed, "A request says its Content-Length once, in digits.");
    // Section 3.2.
    if (request.version() >= 11 && request.count(http::field::host) != 1)
        return fail(ErrorCode::malformed, "A request names its Host once.");
    return {};
}

/// What is said to a client that waits with its body until it is asked for it.
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

/// One HTTP/1.1 connection; a call at a time. Everything on its shard's thread; what is under way holds it.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
  public:
    HttpConnection(std::unique_ptr<Wire> wire, std::unique_ptr<Counted> counted, ShardLoop& loop)
        : wire_(std::move(wire)),
          counted_(std::move(counted)),
          loop_(loop),
          deadline_(wire_->get_executor()) {}

    void start() {
        peer_ = peer_of(wire_->socket());
        read_header(counted_->options().header_time_max);
    }

  private:
    void limit_time(Duration duration) {
        deadline_.expires_after(std::chrono::milliseconds(duration.ms));
        deadline_.async_wait([weak = weak_from_this()](error_code error) {
            if (error) return;
            if (const auto self = weak.lock(); self && self->wire_) self->wire_->cut();
        });
    }

    Address client_of(const Request& request) const {
        const TrustedProxies& proxies = counted_->options().proxies;
        if (!proxies.trusts(peer_)) return peer_;
        std::string forwarded;
        const auto [first, last] = request.equal_range("X-Forwarded-For");
        for (auto field = first; field != last; ++field) {
            if (!forwarded.empty()) forwarded += ',';
            forwarded += text_of(field->value());
        }
        return proxies.client_of(peer_, forwarded);
    }

    void read_header(Duration time) {
        parser_.emplace();
        parser_->header_limit(counted_->options().header_bytes_max);
        parser_->body_limit(counted_->options().body_bytes_max);
        limit_time(time);
        http::async_read_header(
            *wire_, buffer_, *parser_,
            [self = shared_from_this()](error_code error, std::size_t) { self->received_header(error); });
    }

    void received_header(error_code error) {
        if (error) return refuse_unreadable(error);
        const Request& request = parser_->get();
        if (const Status clear = check_header(request); !clear)
            return refuse(HttpApi::problem(clear.error()));
        read_asked(request);
        limit_time(counted_->options().body_time_max);
        const std::string expected = text_of(request[http::field::expect]);
        if (expected.empty() || request.version() < 11) return read_body();
        if (!same_word(expected, "100-continue")) {
            return refuse(HttpApi::problem(
                {ErrorCode::malformed, "All that can be expected of this server is `100-continue`.", 0, {}},
                417));
        }
        if (parser_->is_done() || buffer_.size() > 0) return read_body();
        asio::async_write(*wire_, asio::buffer(go_on),
                          [self = shared_from_this()](error_code failure, std::size_t) {
                              if (failure) return self->end();
                              self->read_body();
                          });
    }

    /// Before the body, since Beast puts the fields that stand behind it, if it comes in chunks, among those
    /// of the header: nobody looks at these, as nobody between the client and us may have.
    void read_asked(const Request& request) {
        is_upgrade_ = beast::websocket::is_upgrade(request);
        keep_alive_ = request.keep_alive();
        asked_ = {.method = text_of(request.method_string()),
                  .target = text_of(request.target()),
                  .authorization = text_of(request[http::field::authorization]),
                  .idempotency_key = text_of(request["Idempotency-Key"]),
                  .follows = text_of(request["Parley-Follows"]),
                  .content_type = text_of(request[http::field::content_type]),
                  .body = {},
                  .remote = limit_key(client_of(request))};
    }

    void read_body() {
        http::async_read(
            *wire_, buffer_, *parser_,
            [self = shared_from_this()](error_code failure, std::size_t) { self->received(failure); });
    }

    void received(error_code error) {
        if (error) return refuse_unreadable(error);
        if (is_upgrade_) return upgrade();
        HttpRequest call = std::move(asked_);
        call.body = std::move(parser_->get().body());
        call.abandoned = [weak = weak_from_this()] {
            const auto self = weak.lock();
            return !self || self->is_abandoned();
        };
        gave_up_ = false;
        call_.emplace(counted_->doors(), &Doors::calls);
        const std::uint64_t number = ++calls_;
        limit_answer(number);
        loop_.handle_http(std::move(call), [self = shared_from_this(), number](HttpResponse response) {
            // One that comes too late was answered already.
            if (number == self->calls_) self->respond(std::move(response));
        });
    }

    /// Whoever waits is told that no answer comes in time, instead of being cut off. What he asked for goes
    /// on, besides signing in: of that he would never learn the tokens.
    void limit_answer(std::uint64_t number) {
        deadline_.expires_after(std::chrono::milliseconds(counted_->options().answer_time_max.ms));
        deadline_.async_wait([weak = weak_from_this(), number](error_code error) {
            const auto self = error ? nullptr : weak.lock();
            if (!self || number != self->calls_) return;
            self->keep_alive_ = false;
            self->gave_up_ = true;
            self->respond(HttpApi::problem(
                {ErrorCode::unavailable,
                 "The server is too busy to answer in time; what was asked for may still be done.",
                 busy_retry_ms,
                 {}}));
        });
    }

    /// Also of a peer that has only closed its side: whoever waits for an answer keeps it open.
    bool is_abandoned() const { return gave_up_ || !wire_ || has_gone(wire_->socket().native_handle()); }

    /// The connection ends with the answer: nobody knows where the next request would begin.
    void refuse(HttpResponse refusal) {
        keep_alive_ = false;
        respond(std::move(refusal));
    }

    /// Says what is wrong where there is anything to say it to, and ends the connection.
    void refuse_unreadable(error_code error) {
        if (error == http::error::header_limit) {
            return refuse(HttpApi::problem({ErrorCode::too_large, "The header is too long.", 0, {}}, 431));
        }
        if (error == http::error::body_limit) {
            return refuse(HttpApi::problem({ErrorCode::too_large, "The body is too long.", 0, {}}));
        }
        const bool is_http_error =
            error.category() == http::make_error_code(http::error::bad_method).category();
        if (is_http_error && error != http::error::end_of_stream && error != http::error::partial_message) {
            return refuse(HttpApi::problem({ErrorCode::malformed, "This is no HTTP request.", 0, {}}));
        }
        end();
    }

    void upgrade() {
        const Request& request = parser_->get();
        if (const auto version = request[http::field::sec_websocket_version]; version != websocket_version) {
            HttpResponse refusal = HttpApi::problem(
                {ErrorCode::malformed, "The only version of WebSocket here is 13.", 0, {}}, 426);
            refusal.headers.emplace_back("Sec-WebSocket-Version", websocket_version);
            return refuse(std::move(refusal));
        }
        const auto [named, target] = split_target(asked_.target);
        const std::string_view host = request[http::field::host];
        const auto subprotocol = check_upgrade({.target = target,
                                                .origin = request[http::field::origin],
                                                .host = named.empty() ? host : named,
                                                .subprotocols = request[http::field::sec_websocket_protocol],
                                                .key = request[http::field::sec_websocket_key],
                                                .secured = wire_->secured()},
                                               counted_->options());
        if (!subprotocol) return refuse(HttpApi::problem(subprotocol.error()));
        deadline_.cancel();
        serve_websocket(std::move(wire_), std::move(counted_), loop_, *subprotocol, parser_->release());
    }

    void respond(HttpResponse made) {
        ++calls_;
        if (counted_->doors()->draining) keep_alive_ = false;
        response_.emplace();
        response_->version(11);
        response_->result(static_cast<unsigned>(made.status));
        response_->set(http::field::server, "parleyd");
        response_->set(http::field::cache_control, "no-store");
        response_->set("X-Content-Type-Options", "nosniff");
        if (!made.content_type.empty()) response_->set(http::field::content_type, made.content_type);
        for (const auto& [name, value] : made.headers)
            response_->set(name, value);
        response_->keep_alive(keep_alive_);
        response_->body() = std::move(made.body);
        response_->prepare_payload();
        // RFC 9110, section 9.3.2: the header is that of the answer to GET, and nothing stands behind it.
        if (parser_->get().method() == http::verb::head) response_->body().clear();
        unsent_ = std::move(made.unsent);
        limit_time(counted_->options().body_time_max);
        http::async_write(*wire_, *response_, [self = shared_from_this()](error_code error, std::size_t) {
            self->responded(error);
        });
    }

    void responded(error_code error) {
        call_.reset();
        const auto undo = std::exchange(unsent_, {});
        if (error && undo) loop_.handle_unsent(undo);
        if (error || !keep_alive_) return end();
        response_.reset();
        read_header(counted_->options().idle_time_max);
    }

    void end() {
        deadline_.cancel();
        error_code ignored;
        wire_->socket().shutdown(Wire::Socket::shutdown_send, ignored);
        // What the peer still sends is read for a moment, since closing with bytes unread would reset the
        // connection and could destroy the answer on its way.
        linger(0);
    }

    void linger(int reads) {
        constexpr int reads_max = 16;
        if (reads == 0) limit_time(seconds(2));
        if (reads == reads_max) return wire_->cut();
        auto bytes = std::make_shared<std::array<char, 4096>>();  // by the read
        wire_->socket().async_read_some(
            asio::buffer(*bytes), [self = shared_from_this(), bytes, reads](error_code error, std::size_t) {
                if (error) return self->wire_->cut();
                self->linger(reads + 1);
            });
    }

    std::unique_ptr<Wire> wire_;        // until it becomes a WebSocket's
    std::unique_ptr<Counted> counted_;  // likewise
    ShardLoop& loop_;
    asio::steady_timer deadline_;
    beast::flat_buffer buffer_;
    Address peer_;
    /// Of the request being read: what its header says.
    HttpRequest asked_;
    bool is_upgrade_ = false;
    bool keep_alive_ = false;
    /// The call under way, and a number that tells its answer from that of an earlier one; a response that
    /// has begun takes the next number.
    std::optional<Counted> call_;
    std::uint64_t calls_ = 0;
    /// Of the call under way, which was the last one then.
    bool gave_up_ = false;
    std::function<void()> unsent_;  // of the response being written
    std::optional<Parser> parser_;
    std::optional<Response> response_;
};

}  // namespace

void serve_http(std::unique_ptr<Wire> wire, std::unique_ptr<Counted> counted, ShardLoop& loop) {
    std::make_shared<HttpConnection>(std::move(wire), std::move(counted), loop)->start();
}

}  // namespace parley::server
