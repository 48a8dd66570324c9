#include "client/net/transport.hpp"

#include "client/net/loop_asio.hpp"
#include "client/net/stream.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <chrono>
#include <deque>

namespace parley::client {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto dial_time_max = std::chrono::seconds(15);
constexpr auto call_time_max = std::chrono::seconds(30);
/// How long a goodbye may take before the connection is cut.
constexpr auto close_time_max = std::chrono::seconds(2);
constexpr std::size_t answer_bytes_max = 1 << 20;

/// Closes a socket when the time is over; disarmed by its destructor.
class Deadline {
  public:
    Deadline(Stream& stream, std::chrono::seconds time) : timer_(stream.get_executor(), time) {
        timer_.async_wait([&stream, armed = armed_](const error_code& error) {
            if (error || !*armed) return;
            *armed = false;
            beast_close_socket(stream);
        });
    }
    ~Deadline() { *armed_ = false; }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    bool passed() const { return !*armed_; }

  private:
    asio::steady_timer timer_;
    /// Shared with the timer's handler, which may stand in the queue when this object is gone already.
    std::shared_ptr<bool> armed_ = std::make_shared<bool>(true);
};

/// A sentence for people.
std::string reason_of(const error_code& error) {
    if (error == asio::error::host_not_found || error == asio::error::host_not_found_try_again) {
        return "there is no machine of this name, or the network is down";
    }
    if (error == asio::error::connection_refused) return "nothing listens there (connection refused)";
    if (error == asio::error::operation_aborted || error == asio::error::timed_out ||
        error == asio::error::bad_descriptor) {
        return "it did not answer in time";
    }
    if (error == asio::error::eof || error == asio::error::connection_reset ||
        error == asio::error::broken_pipe || error == websocket::error::closed) {
        return "it ended the connection";
    }
    if (error.category() == asio::error::get_ssl_category()) {
        return "no safe connection (" + error.message() +
               "); a certificate of your own is named by --ca FILE";
    }
    if (error == websocket::error::upgrade_declined) return "it is no Parley server (it declined the socket)";
    return error.message();
}

auto into(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

}  // namespace

struct Transport::Impl : std::enable_shared_from_this<Transport::Impl> {
    struct Connection {
        Connection(asio::io_context& context, asio::ssl::context& tls, bool secure)
            : socket(context, tls, secure) {}

        websocket::stream<Stream> socket;
        std::deque<std::string> outgoing;
        std::size_t bytes_queued = 0;
        bool open = false;
        bool writing = false;
        /// The host dropped it: its events are told no more.
        bool abandoned = false;
    };
    using ConnectionPtr = std::shared_ptr<Connection>;

    Impl(Loop& loop, TransportOptions of, TransportEvents& to)
        : context(loop.impl().context), options(std::move(of)), events(to) {}

    asio::awaitable<void> dial(Stream& stream, const Deadline& deadline, error_code& error);
    asio::awaitable<void> run(ConnectionPtr connection);
    asio::awaitable<void> handshake(Connection& connection, error_code& error);
    asio::awaitable<void> write(ConnectionPtr connection);
    asio::awaitable<void> goodbye(ConnectionPtr connection, std::uint16_t code);
    asio::awaitable<void> call(Call call, std::function<void(Answer)> answered);
    asio::awaitable<void> exchange(Stream& stream, const Call& call, Answer& answer, error_code& error);
    void abandon();
    std::string user_agent() const { return options.client_name; }
    std::string host_header() const;

    asio::io_context& context;
    asio::ssl::context tls{asio::ssl::context::tls_client};
    TransportOptions options;
    TransportEvents& events;
    ConnectionPtr current;
    int goodbyes = 0;
    int calls = 0;
    bool gone = false;
};

std::string Transport::Impl::host_header() const {
    const std::string text = options.server.text();
    return text.substr(text.find("://") + 3);
}

asio::awaitable<void> Transport::Impl::dial(Stream& stream, const Deadline& deadline, error_code& error) {
    tcp::resolver resolver(context);
    const auto found = co_await resolver.async_resolve(options.server.host, options.server.port, into(error));
    // Closing the socket does not end a look-up.
    if (!error && deadline.passed()) error = asio::error::timed_out;
    if (error) co_return;
    co_await asio::async_connect(stream.socket(), found, into(error));
    if (error) co_return;
    stream.socket().set_option(tcp::no_delay(true), error);
    if (!options.server.secure) co_return;
    auto& tls_stream = stream.tls();
    tls_stream.set_verify_mode(asio::ssl::verify_peer);
    tls_stream.set_verify_callback(asio::ssl::host_name_verification(options.server.host));
    // The name that the server is asked for (RFC 6066); an address may not be one.
    // SSL_set_tlsext_host_name, whose macro our warnings refuse.
    ::SSL_ctrl(tls_stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(options.server.host.c_str()));
    co_await tls_stream.async_handshake(asio::ssl::stream_base::client, into(error));
}

asio::awaitable<void> Transport::Impl::handshake(Connection& connection, error_code& error) {
    auto& socket = connection.socket;
    const bool cbor = options.encoding == protocol::Encoding::cbor;
    const std::string subprotocol = cbor ? "parley.v1.cbor" : "parley.v1.json";
    socket.binary(cbor);
    socket.auto_fragment(false);
    socket.read_message_max(static_cast<std::size_t>(limits::frame_bytes_max));
    socket.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
        request.set(http::field::sec_websocket_protocol, subprotocol);
        request.set(http::field::user_agent, user_agent());
    }));
    websocket::response_type response;
    co_await socket.async_handshake(response, host_header(), "/v1/socket", into(error));
    if (!error && response[http::field::sec_websocket_protocol] != subprotocol) {
        error = websocket::error::upgrade_declined;
    }
}

asio::awaitable<void> Transport::Impl::run(ConnectionPtr connection) {
    const auto self = shared_from_this();
    auto& socket = connection->socket;
    error_code error;
    {
        const Deadline deadline(socket.next_layer(), dial_time_max);
        co_await dial(socket.next_layer(), deadline, error);
        if (!error) co_await handshake(*connection, error);
    }
    if (!error && !connection->abandoned) {
        connection->open = true;
        events.socket_connected();
    }
    beast::flat_buffer buffer;
    while (!error && !connection->abandoned) {
        co_await socket.async_read(buffer, into(error));
        if (error || connection->abandoned) break;
        const auto data = buffer.cdata();
        events.socket_frame({static_cast<const char*>(data.data()), data.size()});
        buffer.consume(buffer.size());
    }
    connection->open = false;
    if (connection->abandoned) co_return;
    current.reset();
    beast_close_socket(socket.next_layer());
    std::optional<std::uint16_t> code;
    if (error == websocket::error::closed) code = socket.reason().code;
    events.socket_disconnected(code, reason_of(error));
}

asio::awaitable<void> Transport::Impl::write(ConnectionPtr connection) {
    const auto self = shared_from_this();
    error_code error;
    while (!error && connection->open && !connection->outgoing.empty()) {
        co_await connection->socket.async_write(asio::buffer(connection->outgoing.front()), into(error));
        connection->bytes_queued -= connection->outgoing.front().size();
        connection->outgoing.pop_front();
    }
    // A failed write is seen by the reader as well, who tells the host.
    if (error) beast_close_socket(connection->socket.next_layer());
    connection->writing = false;
}

asio::awaitable<void> Transport::Impl::goodbye(ConnectionPtr connection, std::uint16_t code) {
    const auto self = shared_from_this();
    const Deadline deadline(connection->socket.next_layer(), close_time_max);
    error_code error;
    co_await connection->socket.async_close(websocket::close_code(code), into(error));
    beast_close_socket(connection->socket.next_layer());
    --goodbyes;
}

void Transport::Impl::abandon() {
    if (!current) return;
    current->abandoned = true;
    current->open = false;
    beast_close_socket(current->socket.next_layer());
    current.reset();
}

asio::awaitable<void> Transport::Impl::exchange(Stream& stream, const Call& call, Answer& answer,
                                                error_code& error) {
    http::request<http::string_body> request;
    request.method_string(call.method);
    request.target(call.path);
    request.version(11);
    request.set(http::field::host, host_header());
    request.set(http::field::user_agent, user_agent());
    request.set(http::field::accept, "application/json");
    request.set(http::field::connection, "close");
    if (!call.bearer.empty()) request.set(http::field::authorization, "Bearer " + call.bearer);
    if (!call.body.empty()) request.set(http::field::content_type, "application/json");
    request.body() = call.body;
    request.prepare_payload();
    co_await http::async_write(stream, request, into(error));
    if (error) co_return;
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(answer_bytes_max);
    co_await http::async_read(stream, buffer, parser, into(error));
    if (error) co_return;
    answer.status = parser.get().result_int();
    answer.body = std::move(parser.get().body());
}

asio::awaitable<void> Transport::Impl::call(Call call, std::function<void(Answer)> answered) {
    const auto self = shared_from_this();
    Stream stream(context, tls, options.server.secure);
    Answer answer;
    error_code error;
    {
        const Deadline deadline(stream, call_time_max);
        co_await dial(stream, deadline, error);
        if (!error) co_await exchange(stream, call, answer, error);
    }
    if (error) answer.reason = reason_of(error);
    --calls;
    if (!gone) answered(std::move(answer));
}

Result<std::unique_ptr<Transport>> Transport::create(Loop& loop, TransportOptions options,
                                                     TransportEvents& events) {
    auto impl = std::make_shared<Impl>(loop, std::move(options), events);
    error_code error;
    impl->tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
    impl->tls.set_default_verify_paths(error);
    error = {};
    if (!impl->options.ca_file.empty()) impl->tls.load_verify_file(impl->options.ca_file, error);
    if (error) {
        return fail(ErrorCode::invalid,
                    "no certificates can be read from " + impl->options.ca_file + ": " + error.message());
    }
    return std::unique_ptr<Transport>(new Transport(std::move(impl)));
}

Transport::Transport(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Transport::~Transport() {
    impl_->gone = true;
    impl_->abandon();
}

void Transport::open() {
    impl_->abandon();
    impl_->current =
        std::make_shared<Impl::Connection>(impl_->context, impl_->tls, impl_->options.server.secure);
    asio::co_spawn(impl_->context, impl_->run(impl_->current), asio::detached);
}

void Transport::send(std::string frame) {
    const auto& connection = impl_->current;
    if (!connection || !connection->open) return;
    connection->bytes_queued += frame.size();
    connection->outgoing.push_back(std::move(frame));
    if (connection->writing) return;
    connection->writing = true;
    asio::co_spawn(impl_->context, impl_->write(connection), asio::detached);
}

void Transport::close(std::uint16_t code) {
    const auto connection = impl_->current;
    if (!connection || !connection->open) return impl_->abandon();
    connection->abandoned = true;
    connection->open = false;
    impl_->current.reset();
    ++impl_->goodbyes;
    asio::co_spawn(impl_->context, impl_->goodbye(connection, code), asio::detached);
}

std::size_t Transport::bytes_queued() const {
    return impl_->current ? impl_->current->bytes_queued : 0;
}

bool Transport::closing() const {
    return impl_->goodbyes > 0;
}

bool Transport::calling() const {
    return impl_->calls > 0;
}

void Transport::call(Call call, std::function<void(Answer)> answered) {
    ++impl_->calls;
    asio::co_spawn(impl_->context, impl_->call(std::move(call), std::move(answered)), asio::detached);
}

}  // namespace parley::client
