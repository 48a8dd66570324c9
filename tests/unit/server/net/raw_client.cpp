#include "tests/unit/server/net/raw_client.hpp"

#include "server/ops/clock.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace parley::server::test {

namespace {

constexpr std::chrono::milliseconds patience{5'000};

}  // namespace

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

RawClient::~RawClient() {
    if (tls_ != nullptr) SSL_free(tls_);
    if (context_ != nullptr) SSL_CTX_free(context_);
    ::close(socket_);
}

bool RawClient::secure() {
    // OpenSSL writes to the socket without MSG_NOSIGNAL; the server's own writes have it.
    std::signal(SIGPIPE, SIG_IGN);
    context_ = SSL_CTX_new(TLS_client_method());
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, socket_);
    return SSL_connect(tls_) == 1;
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto size = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

std::optional<std::string> RawClient::receive_some(std::chrono::milliseconds time) {
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    if (tls_ == nullptr || SSL_pending(tls_) == 0) {
        if (::poll(&ready, 1, static_cast<int>(time.count())) == 0) return std::nullopt;
    }
    std::array<char, 65'536> bytes{};
    const auto size = tls_ != nullptr ? SSL_read(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                      : ::recv(socket_, bytes.data(), bytes.size(), 0);
    return std::string(bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
}

std::string RawClient::receive_until(std::string_view end) {
    std::size_t at = read_.find(end);
    while (at == std::string::npos) {
        const auto more = receive_some(patience);
        if (!more || more->empty()) return std::exchange(read_, {});
        read_ += *more;
        at = read_.find(end);
    }
    const std::string taken = read_.substr(0, at + end.size());
    read_.erase(0, taken.size());
    return taken;
}

std::string RawClient::receive_bytes(std::size_t count) {
    while (read_.size() < count) {
        const auto more = receive_some(patience);
        if (!more || more->empty()) break;
        read_ += *more;
    }
    const std::string taken = read_.substr(0, count);
    read_.erase(0, taken.size());
    return taken;
}

std::optional<std::string> RawClient::receive_all() {
    while (true) {
        const auto more = receive_some(patience);
        if (!more) return std::nullopt;
        if (more->empty()) return std::exchange(read_, {});
        read_ += *more;
    }
}

bool RawClient::ends_within(std::chrono::milliseconds time) {
    const Instant end = current_time().instant + parley::milliseconds(time.count());
    while (true) {
        const Duration left = end - current_time().instant;
        if (left.ms <= 0) return false;
        const auto more = receive_some(std::chrono::milliseconds(left.ms));
        if (more && more->empty()) return true;
    }
}

Answer receive_answer(RawClient& client) {
    Answer answer;
    answer.head = client.receive_until("\r\n\r\n");
    if (answer.head.size() < 12) return answer;
    answer.status = std::stoi(answer.head.substr(9, 3));
    const std::size_t length = answer.head.find("Content-Length: ");
    if (length != std::string::npos) {
        answer.body =
            client.receive_bytes(static_cast<std::size_t>(std::stoul(answer.head.substr(length + 16))));
    }
    return answer;
}

std::string get(std::string_view path, std::string_view headers) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + std::string(headers) + "\r\n";
}

int RawSocket::Message::code() const {
    if (opcode != close_opcode || data.size() < 2) return 0;
    return static_cast<std::uint8_t>(data[0]) * 256 + static_cast<std::uint8_t>(data[1]);
}

int RawSocket::upgrade(std::string_view subprotocol, std::string_view headers, std::string_view path) {
    std::string offered;
    if (!subprotocol.empty()) offered = "Sec-WebSocket-Protocol: " + std::string(subprotocol) + "\r\n";
    client_.send(get(path,
                     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n" +
                         offered + std::string(headers)));
    return receive_answer(client_).status;
}

void RawSocket::send(int opcode, std::string_view data, bool final, bool masked) {
    std::string frame;
    frame += static_cast<char>(opcode | (final ? 0x80 : 0));
    const int mask_bit = masked ? 0x80 : 0;
    if (data.size() < 126) {
        frame += static_cast<char>(mask_bit | static_cast<int>(data.size()));
    } else if (data.size() < 65'536) {
        frame += static_cast<char>(mask_bit | 126);
        frame += static_cast<char>(data.size() >> 8);
        frame += static_cast<char>(data.size());
    } else {
        frame += static_cast<char>(mask_bit | 127);
        for (int shift = 56; shift >= 0; shift -= 8)
            frame += static_cast<char>(data.size() >> shift);
    }
    // A mask of zeros is a mask, and leaves the data readable.
    if (masked) frame.append(4, '\0');
    frame += data;
    client_.send(frame);
}

std::optional<RawSocket::Message> RawSocket::receive() {
    const std::string head = client_.receive_bytes(2);
    if (head.size() < 2) return std::nullopt;
    std::size_t size = static_cast<std::uint8_t>(head[1]) & 0x7f;
    const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (more > 0) {
        size = 0;
        for (const char byte : client_.receive_bytes(more))
            size = size << 8 | static_cast<std::uint8_t>(byte);
    }
    return Message{.opcode = head[0] & 0x0f, .data = client_.receive_bytes(size)};
}

int RawSocket::close_code() {
    while (const auto message = receive()) {
        if (message->opcode == close_opcode) return message->code();
    }
    return 0;
}

}  // namespace parley::server::test
