#include "server/net/listener.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/net/http_connection.hpp"
#include "server/net/refusal.hpp"
#include "server/net/wire.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace parley::server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// A reader that lags holds this much in the kernel, and not the 4 MB that it would grow to.
constexpr int send_buffer_bytes = 128 * 1024;

/// When no descriptor is left, accepting goes on after this.
constexpr auto accept_retry = std::chrono::milliseconds(100);

/// Failures of a call on a socket or a file, as errors of the start.
std::unexpected<Error> failed_with(const std::string& what, const error_code& error) {
    return fail(ErrorCode::unavailable, what + ": " + error.message());
}

Result<std::unique_ptr<asio::ssl::context>> make_tls(const NetOptions& options) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    error_code error;
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                             asio::ssl::context::no_tlsv1_1 | asio::ssl::context::single_dh_use,
                         error);
    if (error) return failed_with("TLS", error);
    context->use_certificate_chain_file(options.certificate_file, error);
    if (error) return failed_with("the certificate " + options.certificate_file + " cannot be used", error);
    context->use_private_key_file(options.key_file, asio::ssl::context::pem, error);
    if (error) return failed_with("the key " + options.key_file + " cannot be used", error);
    return context;
}

Result<asio::ip::address> parse_address(const std::string& text) {
    error_code error;
    const auto address = asio::ip::make_address(text, error);
    if (!error) return address;
    return fail(ErrorCode::unavailable,
                '"' + text + "\" is no IP address to listen on, such as 127.0.0.1, 0.0.0.0 or ::1");
}

/// Why an address cannot be listened on, and what to do about it.
std::unexpected<Error> cannot_listen(const NetOptions& options, const error_code& error) {
    const std::string where = options.address + " port " + std::to_string(options.port);
    if (error == asio::error::address_in_use) {
        return fail(ErrorCode::unavailable,
                    where + " is taken by another program: end it, or choose another port with --port");
    }
    if (error == boost::system::errc::address_not_available) {
        return fail(ErrorCode::unavailable,
                    "no network interface of this machine has the address " + options.address +
                        ": choose another one with --address (0.0.0.0: all of IPv4, ::: all)");
    }
    if (error == boost::system::errc::address_family_not_supported) {
        return fail(ErrorCode::unavailable, "this machine knows no addresses such as " + options.address +
                                                ": choose another one with --address");
    }
    if (error == boost::system::errc::permission_denied) {
        return fail(ErrorCode::unavailable,
                    "this user may not listen on " + where +
                        ": choose a port above 1023 with --port, or give the program CAP_NET_BIND_SERVICE");
    }
    return fail(ErrorCode::unavailable,
                where + ": " + error.message() + "; choose others with --address and --port");
}

error_code bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    return error;
}

}  // namespace

struct Listener::Impl {
    Impl(const NetOptions& options, std::vector<ShardLoop*> all)
        : doors(std::make_shared<Doors>(options)),
          loops(std::move(all)),
          acceptor(loops.front()->loop().context()),
          retry(acceptor.get_executor()) {}

    Status listen() {
        TRY_ASSIGN(const auto address, parse_address(doors->options.address));
        error_code error = bind(acceptor, {address, doors->options.port});
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error) return cannot_listen(doors->options, error);
        port = acceptor.local_endpoint(error).port();
        return {};
    }

    void accept() {
        ShardLoop& loop = *loops[next++ % loops.size()];
        acceptor.async_accept(loop.loop().context(), [this, &loop](error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
            if (error) return accept_later();
            welcome(std::move(socket), loop);
            accept();
        });
    }

    void accept_later() {
        retry.expires_after(accept_retry);
        retry.async_wait([this](error_code error) {
            if (!error && acceptor.is_open()) accept();
        });
    }

    void welcome(tcp::socket socket, ShardLoop& loop) {
        if (doors->connections >= doors->options.connections_max) return refuse(std::move(socket));
        const Address peer = peer_of(socket);
        std::unique_ptr<Strangers::Place> place;
        if (!doors->options.proxies.trusts(peer)) {
            place = doors->strangers.enter(limit_key(peer), doors->options.strangers_max);
            if (!place) return refuse(std::move(socket));
        }
        error_code ignored;
        socket.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), ignored);
        socket.set_option(tcp::no_delay(true), ignored);
        // Counted from here on, so that a flood cannot hide in the queue of a loop.
        auto counting = std::make_unique<Counted>(doors, &Doors::connections);
        counting->keep_place(std::move(place));
        asio::post(loop.loop().context(), [this, wire = std::make_unique<Wire>(std::move(socket)),
                                           counted = std::move(counting), &loop]() mutable {
            if (tls) return handshake(std::move(wire), std::move(counted), loop);
            serve_http(std::move(wire), std::move(counted), loop);
        });
    }

    void refuse(tcp::socket socket) {
        ++doors->refused;
        if (tls) return refuse_secured(std::move(socket), *tls, doors);
        refuse_connection(std::move(socket), doors);
    }

    void handshake(std::unique_ptr<Wire> made, std::unique_ptr<Counted> counted, ShardLoop& loop) {
        // By the handshake and its deadline. Nothing is in it once it is handed on: a deadline that ends in
        // the same pass of the loop is queued already and is not recalled by `cancel`.
        auto wire = std::make_shared<std::unique_ptr<Wire>>(std::move(made));
        auto deadline = std::make_shared<asio::steady_timer>((*wire)->get_executor());
        deadline->expires_after(std::chrono::milliseconds(doors->options.header_time_max.ms));
        deadline->async_wait([wire](error_code error) {
            if (!error && *wire) (*wire)->cut();
        });
        (*wire)->secure(*tls).async_handshake(
            asio::ssl::stream_base::server,
            [wire, deadline, counted = std::move(counted), &loop](error_code error) mutable {
                deadline->cancel();
                if (error) return;
                serve_http(std::move(*wire), std::move(counted), loop);
            });
    }

    SharedDoors doors;
    std::vector<ShardLoop*> loops;
    std::unique_ptr<asio::ssl::context> tls;
    tcp::acceptor acceptor;
    asio::steady_timer retry;
    std::uint16_t port = 0;
    std::size_t next = 0;
};

Status check_listening(const NetOptions& options) {
    TRY_ASSIGN(const auto address, parse_address(options.address));
    asio::io_context context;
    tcp::acceptor acceptor(context);
    if (const error_code error = bind(acceptor, {address, 0})) return cannot_listen(options, error);
    if (!options.certificate_file.empty()) TRY(make_tls(options));
    return {};
}

Result<std::unique_ptr<Listener>> Listener::create(const NetOptions& options, std::vector<ShardLoop*> loops) {
    auto impl = std::make_unique<Impl>(options, std::move(loops));
    if (!options.certificate_file.empty()) {
        TRY_ASSIGN(impl->tls, make_tls(options));
    }
    TRY(impl->listen());
    return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() = default;

std::uint16_t Listener::port() const {
    return impl_->port;
}
bool Listener::secured() const {
    return impl_->tls != nullptr;
}
bool Listener::is_loopback() const {
    error_code ignored;
    return impl_->acceptor.local_endpoint(ignored).address().is_loopback();
}

void Listener::start() {
    asio::post(impl_->acceptor.get_executor(), [impl = impl_.get()] { impl->accept(); });
}

void Listener::stop() {
    impl_->doors->draining = true;
    asio::post(impl_->acceptor.get_executor(), [impl = impl_.get()] {
        error_code ignored;
        impl->acceptor.close(ignored);
        impl->retry.cancel();
    });
}

std::int64_t Listener::connections() const {
    return impl_->doors->connections;
}
std::int64_t Listener::refused() const {
    return impl_->doors->refused;
}
std::int64_t Listener::refusals() const {
    return impl_->doors->refusals;
}
std::int64_t Listener::sockets() const {
    return impl_->doors->sockets;
}
std::int64_t Listener::calls() const {
    return impl_->doors->calls;
}

}  // namespace parley::server
