#include "bench/session.hpp"

#include "bench/fatal.hpp"
#include "protocol/codec.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace parley::bench {

namespace {

constexpr Nanos ping_every = 25 * nanos_per_second;
constexpr std::size_t scratch_bytes = std::size_t{256} * 1024;

std::array<char, scratch_bytes>& scratch() {
    static std::array<char, scratch_bytes> bytes;
    return bytes;
}

std::string encoded(const protocol::Envelope& envelope) {
    std::string bytes;
    protocol::append_envelope(bytes, envelope, protocol::Encoding::cbor);
    return bytes;
}

int connected_socket(std::uint16_t port, int receive_buffer_bytes) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        fatal_errno("socket");
    }
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer_bytes > 0) {
        ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        fatal_errno("connect");
    }
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    return descriptor;
}

}  // namespace

Uuid next_command_id() {
    static std::uint64_t counter = 0;
    std::array<std::uint8_t, 10> tail{};
    const std::uint64_t mixed = ++counter * 0x9e3779b97f4a7c15U;
    std::memcpy(tail.data() + 2, &mixed, sizeof mixed);
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return Uuid::version7({std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count()}, tail);
}

Session::Session(Loop& loop, Options options) : loop_(loop), options_(std::move(options)) {}

Session::~Session() {
    drop();
}

void Session::connect() {
    descriptor_ = connected_socket(options_.port, options_.receive_buffer_bytes);
    state_ = State::upgrading;
    reading_ = true;
    failure_.clear();
    pinged_at_ = now_ns();
    loop_.watch(descriptor_, *this, true, false);
    pending_out_ = upgrade_request(options_.port);
    flush();
}

void Session::drop() {
    if (descriptor_ >= 0) {
        loop_.forget(descriptor_);
        ::close(descriptor_);
        descriptor_ = -1;
    }
    state_ = State::closed;
    pending_in_.clear();
    pending_out_.clear();
    fragments_.clear();
}

void Session::stop_reading() {
    reading_ = false;
    loop_.change(descriptor_, false, !pending_out_.empty());
}

void Session::start_reading() {
    reading_ = true;
    loop_.change(descriptor_, true, !pending_out_.empty());
}

bool Session::still_connected() const {
    if (descriptor_ < 0) {
        return false;
    }
    pollfd one{.fd = descriptor_, .events = POLLRDHUP, .revents = 0};
    ::poll(&one, 1, 0);
    return (one.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
}

Uuid Session::send(protocol::Payload payload) {
    protocol::Envelope envelope;
    envelope.id = next_command_id();
    envelope.payload = std::move(payload);
    send_frame(Opcode::binary, encoded(envelope));
    return *envelope.id;
}

void Session::keep_alive(Nanos now) {
    if (!live()) {
        return;
    }
    if (options_.ping && now - pinged_at_ >= ping_every) {
        pinged_at_ = now;
        send(protocol::Ping{});
    }
    if (options_.ack_every > 0 && newest_seq_ > acked_seq_ && now - acked_at_ >= options_.ack_every) {
        acked_at_ = now;
        acked_seq_ = newest_seq_;
        send(protocol::Ack{.streams = {{.stream = StreamId(acked_stream_), .seq = acked_seq_}}});
    }
}

void Session::handle_ready(bool readable, bool writable) {
    if (writable) {
        flush();
    }
    if (readable && descriptor_ >= 0) {
        if (reading_) {
            read();
        } else if (!still_connected()) {
            close_with("the server ended a connection that does not read");
        }
    }
}

void Session::read() {
    auto& buffer = scratch();
    const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (size <= 0) {
        close_with(size == 0 ? "the server ended the connection" : std::strerror(errno));
        return;
    }
    const std::string_view came(buffer.data(), static_cast<std::size_t>(size));
    if (pending_in_.empty()) {
        consume(came);
    } else {
        std::string all = std::exchange(pending_in_, {});
        all += came;
        consume(all);
    }
}

void Session::consume(std::string_view bytes) {
    if (state_ == State::upgrading) {
        bytes.remove_prefix(consume_upgrade(bytes));
    }
    while (state_ == State::signing_in || state_ == State::live) {
        const auto frame = parse_frame(bytes);
        if (!frame) {
            break;
        }
        bytes.remove_prefix(frame->size);
        handle_frame(*frame);
    }
    if (state_ != State::closed) {
        pending_in_ = bytes;
    }
}

std::size_t Session::consume_upgrade(std::string_view bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        return 0;
    }
    if (!bytes.starts_with("HTTP/1.1 101")) {
        close_with(fmt::format("not upgraded: {}", bytes.substr(0, bytes.find('\r'))));
        return bytes.size();
    }
    state_ = State::signing_in;
    protocol::Envelope auth;
    auth.id = next_command_id();
    auth.payload = protocol::Auth{.token = options_.access_token, .client = "bench"};
    protocol::Envelope resume;
    resume.id = next_command_id();
    resume.payload = protocol::Resume{};
    send_frame(Opcode::binary, encoded(auth) + encoded(resume));
    return end + 4;
}

void Session::handle_frame(const Frame& frame) {
    if (frame.opcode == Opcode::ping) {
        send_frame(Opcode::pong, frame.payload);
        return;
    }
    if (frame.opcode == Opcode::close) {
        const int code = frame.payload.size() < 2 ? 1005
                                                  : static_cast<unsigned char>(frame.payload[0]) << 8 |
                                                        static_cast<unsigned char>(frame.payload[1]);
        close_with(fmt::format("closed with {}", code));
        return;
    }
    std::string_view message = frame.payload;
    if (!frame.final || !fragments_.empty()) {
        fragments_ += message;
        if (!frame.final) {
            return;
        }
        message = fragments_;
    }
    const Nanos now = now_ns();
    FrameScan scan(message);
    while (auto seen = scan.next()) {
        handle_envelope(*seen, now);
    }
    fragments_.clear();
    if (scan.broken()) {
        close_with("a frame that is not CBOR");
    }
}

void Session::handle_envelope(const Seen& seen, Nanos now) {
    if (state_ == State::signing_in) {
        if (seen.type == protocol::Type::resumed) {
            state_ = State::live;
        } else if (seen.type == protocol::Type::error) {
            close_with("refused while signing in");
        }
        return;
    }
    if (seen.type == protocol::Type::message_new) {
        acked_stream_ = seen.stream;
        newest_seq_ = seen.seq;
    }
    if (on_seen) {
        on_seen(*this, seen, now);
    }
}

void Session::send_frame(Opcode opcode, std::string_view payload) {
    if (descriptor_ < 0) {
        return;
    }
    const bool idle = pending_out_.empty();
    append_frame(pending_out_, opcode, payload);
    if (idle) {
        flush();
    }
}

void Session::flush() {
    while (!pending_out_.empty()) {
        const ssize_t sent = ::send(descriptor_, pending_out_.data(), pending_out_.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                close_with(std::strerror(errno));
                return;
            }
            loop_.change(descriptor_, reading_, true);
            return;
        }
        pending_out_.erase(0, static_cast<std::size_t>(sent));
        if (pending_out_.empty()) {
            loop_.change(descriptor_, reading_, false);
        }
    }
}

void Session::close_with(std::string reason) {
    drop();
    failure_ = std::move(reason);
}

}  // namespace parley::bench
