#include "server/net/refusal.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/net/wire.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace parley::server {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::int64_t retry_after_ms = 5'000;
constexpr auto held_for = std::chrono::seconds(1);
constexpr int reads_max = 4;

/// It fits into the empty buffer of a new socket.
const std::string& answer() {
    static const std::string text = [] {
        const HttpResponse problem = HttpApi::problem(
            {ErrorCode::unavailable,
             "The server has as many connections as it takes, in all or of one address before sign-in.",
             retry_after_ms,
             {}});
        std::string made = "HTTP/1.1 " + std::to_string(problem.status) + " Service Unavailable\r\n" +
                           "Server: parleyd\r\nCache-Control: no-store\r\nConnection: close\r\n" +
                           "Content-Type: " + problem.content_type + "\r\n" +
                           "Content-Length: " + std::to_string(problem.body.size()) + "\r\n";
        for (const auto& [name, value] : problem.headers)
            made.append(name).append(": ").append(value).append("\r\n");
        return made + "\r\n" + problem.body;
    }();
    return text;
}

/// Reads what the peer still sends, for a moment. What is under way holds it.
class Held : public std::enable_shared_from_this<Held> {
  public:
    Held(tcp::socket socket, const SharedDoors& doors)
        : socket_(std::move(socket)),
          counted_(doors, &Doors::refusals),
          deadline_(socket_.get_executor(), held_for) {}

    void start() {
        deadline_.async_wait([weak = weak_from_this()](error_code error) {
            const auto self = error ? nullptr : weak.lock();
            error_code ignored;
            if (self) self->socket_.close(ignored);
        });
        read(0);
    }

  private:
    void read(int reads) {
        socket_.async_read_some(asio::buffer(bytes_),
                                [self = shared_from_this(), reads](error_code error, std::size_t) {
                                    if (!error && reads < reads_max) self->read(reads + 1);
                                });
    }

    tcp::socket socket_;
    Counted counted_;
    asio::steady_timer deadline_;
    std::array<char, 4096> bytes_;
};

/// One that is told through TLS. Its deadline holds it, and what is under way.
class HeldSecured : public std::enable_shared_from_this<HeldSecured> {
  public:
    HeldSecured(tcp::socket socket, asio::ssl::context& context, const SharedDoors& doors)
        : wire_(std::move(socket)),
          tls_(wire_.secure(context)),
          counted_(doors, &Doors::refusals),
          deadline_(wire_.get_executor(), held_for) {}

    void start() {
        deadline_.async_wait([self = shared_from_this()](error_code) { self->wire_.cut(); });
        tls_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code error) {
            if (!error) self->tell();
        });
    }

  private:
    void tell() {
        asio::async_write(wire_, asio::buffer(answer()),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (error) return;
                              error_code ignored;
                              self->wire_.socket().shutdown(tcp::socket::shutdown_send, ignored);
                              self->read(0);
                          });
    }

    void read(int reads) {
        wire_.socket().async_read_some(asio::buffer(bytes_),
                                       [self = shared_from_this(), reads](error_code error, std::size_t) {
                                           if (!error && reads < reads_max) self->read(reads + 1);
                                       });
    }

    Wire wire_;
    Wire::Tls& tls_;
    Counted counted_;
    asio::steady_timer deadline_;
    std::array<char, 4096> bytes_;
};

}  // namespace

void refuse_connection(tcp::socket socket, const SharedDoors& doors) {
    error_code error;
    socket.non_blocking(true, error);
    if (!error) socket.write_some(asio::buffer(answer()), error);
    if (!error) socket.shutdown(tcp::socket::shutdown_send, error);
    if (error || doors->refusals >= refusals_held_max) return;  // closed by its destructor
    const auto executor = socket.get_executor();
    asio::post(executor, [held = std::make_shared<Held>(std::move(socket), doors)] { held->start(); });
}

void refuse_secured(tcp::socket socket, asio::ssl::context& context, const SharedDoors& doors) {
    if (doors->refusals >= refusals_secured_max) return;  // closed by its destructor
    const auto executor = socket.get_executor();
    auto held = std::make_shared<HeldSecured>(std::move(socket), context, doors);  // as its deadline says
    asio::post(executor, [held = std::move(held)] { held->start(); });
}

}  // namespace parley::server
