#include "client/net/local_socket.hpp"

#include "client/net/loop_asio.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <deque>

namespace parley::client {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;

namespace {

constexpr const char* socket_name = "socket";

/// A Unix socket's path may have 107 bytes, a person's folder more: it is named through its descriptor.
class FolderPath {
  public:
    explicit FolderPath(const std::string& folder)
        : descriptor_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
    ~FolderPath() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    FolderPath(const FolderPath&) = delete;
    FolderPath& operator=(const FolderPath&) = delete;

    std::string socket() const { return "/proc/self/fd/" + std::to_string(descriptor_) + "/" + socket_name; }

  private:
    int descriptor_;
};

std::unexpected<Error> failed(const char* what, const error_code& error) {
    return fail(ErrorCode::unavailable, std::string(what) + ": " + error.message());
}

}  // namespace

struct LocalConnection::Impl : std::enable_shared_from_this<LocalConnection::Impl> {
    explicit Impl(stream_protocol::socket of) : socket(std::move(of)) {}

    void read_header() {
        asio::async_read(
            socket, asio::buffer(header),
            [self = shared_from_this()](const error_code& error, auto) { self->header_came(error); });
    }

    void header_came(const error_code& error) {
        const auto decoded = decode_local_header(header);
        if (error || !decoded) return end();
        message.kind = decoded->kind;
        message.until = decoded->until;
        message.body.resize(decoded->body_bytes);
        asio::async_read(
            socket, asio::buffer(message.body),
            [self = shared_from_this()](const error_code& failure, auto) { self->body_came(failure); });
    }

    void body_came(const error_code& error) {
        if (error) return end();
        if (gone) return;
        received(std::move(message));
        if (!gone) read_header();
    }

    void write() {
        asio::async_write(socket, asio::buffer(outgoing.front()),
                          [self = shared_from_this()](const error_code& error, auto) {
                              if (error) return;  // The reader sees the end as well, and tells it.
                              self->bytes_queued -= self->outgoing.front().size();
                              self->outgoing.pop_front();
                              if (!self->outgoing.empty()) self->write();
                          });
    }

    void end() {
        if (gone) return;
        gone = true;
        error_code ignored;
        socket.close(ignored);
        // A copy, since the one who is told may destroy what holds it.
        const Closed tell = closed;
        tell();
    }

    stream_protocol::socket socket;
    Received received;
    Closed closed;
    std::array<std::uint8_t, local_header_bytes> header{};
    LocalMessage message;
    std::deque<std::string> outgoing;
    std::size_t bytes_queued = 0;
    bool gone = false;
};

LocalConnection::LocalConnection(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

LocalConnection::~LocalConnection() {
    impl_->gone = true;
    error_code ignored;
    impl_->socket.close(ignored);
}

Result<std::unique_ptr<LocalConnection>> LocalConnection::connect(Loop& loop, const std::string& folder) {
    stream_protocol::socket socket(loop.impl().context);
    error_code error;
    const FolderPath path(folder);
    // A full queue of the listener would make this wait; without waiting, it is an error like nobody
    // listening.
    socket.open(stream_protocol(), error);
    if (!error) socket.non_blocking(true, error);
    if (!error) socket.connect(stream_protocol::endpoint(path.socket()), error);
    if (error) return failed("no connection to the other parley", error);
    return std::unique_ptr<LocalConnection>(new LocalConnection(std::make_shared<Impl>(std::move(socket))));
}

void LocalConnection::start(Received received, Closed closed) {
    impl_->received = std::move(received);
    impl_->closed = std::move(closed);
    impl_->read_header();
}

void LocalConnection::send(LocalMessage message) {
    if (impl_->gone) return;
    std::string bytes = encode_local_message(message);
    impl_->bytes_queued += bytes.size();
    impl_->outgoing.push_back(std::move(bytes));
    if (impl_->outgoing.size() == 1) impl_->write();
}

std::size_t LocalConnection::bytes_queued() const {
    return impl_->bytes_queued;
}

struct LocalListener::Impl : std::enable_shared_from_this<LocalListener::Impl> {
    Impl(asio::io_context& context, std::string in, Accepted to)
        : acceptor(context), folder(std::move(in)), accepted(std::move(to)) {}

    void accept() {
        acceptor.async_accept([self = shared_from_this()](const error_code& error,
                                                          stream_protocol::socket socket) {
            if (self->gone) return;
            if (!error) {
                auto connection = std::make_shared<LocalConnection::Impl>(std::move(socket));
                self->accepted(std::unique_ptr<LocalConnection>(new LocalConnection(std::move(connection))));
            }
            self->accept();
        });
    }

    stream_protocol::acceptor acceptor;
    std::string folder;
    Accepted accepted;
    bool gone = false;
};

LocalListener::LocalListener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

LocalListener::~LocalListener() {
    impl_->gone = true;
    error_code ignored;
    impl_->acceptor.close(ignored);
    // Whoever looks finds nobody here, instead of a socket that refuses.
    ::unlink(FolderPath(impl_->folder).socket().c_str());
}

Result<std::unique_ptr<LocalListener>> LocalListener::create(Loop& loop, const std::string& folder,
                                                             Accepted accepted) {
    auto impl = std::make_shared<Impl>(loop.impl().context, folder, std::move(accepted));
    const FolderPath path(folder);
    ::unlink(path.socket().c_str());
    error_code error;
    impl->acceptor.open(stream_protocol(), error);
    if (!error) impl->acceptor.bind(stream_protocol::endpoint(path.socket()), error);
    if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return failed("no socket for other invocations", error);
    impl->accept();
    return std::unique_ptr<LocalListener>(new LocalListener(std::move(impl)));
}

}  // namespace parley::client
