#include "bench/http_calls.hpp"

#include "bench/fatal.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

namespace parley::bench {

namespace {

constexpr std::size_t connections_max = 32;
constexpr double seconds_max = 300;

struct Work {
    std::uint16_t port = 0;
    const std::vector<HttpCall>& calls;
    std::vector<std::string> bodies;
    std::size_t next = 0;
    std::size_t answered = 0;
};

/// The value of Content-Length in a head; nothing where there is none.
std::optional<std::size_t> content_length(std::string_view head) {
    static constexpr std::string_view name = "content-length:";
    const auto same = [](char a, char b) {
        return (a | 0x20) == (b | 0x20);
    };
    const auto found = std::search(head.begin(), head.end(), name.begin(), name.end(), same);
    if (found == head.end()) {
        return std::nullopt;
    }
    std::string_view value = head.substr(static_cast<std::size_t>(found - head.begin()) + name.size());
    while (value.starts_with(' ')) {
        value.remove_prefix(1);
    }
    std::size_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    return length;
}

/// One keep-alive connection that takes call after call.
class Caller : public Watcher {
  public:
    Caller(Loop& loop, Work& work) : loop_(loop), work_(work), descriptor_(connected(work.port)) {
        loop_.watch(descriptor_, *this, true, false);
        start_next();
    }
    ~Caller() override {
        loop_.forget(descriptor_);
        ::close(descriptor_);
    }
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    void handle_ready(bool readable, bool) override {
        if (!readable) {
            return;
        }
        std::array<char, 16384> buffer;
        const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (size <= 0) {
            fatal("the server ended an HTTP connection");
        }
        in_.append(buffer.data(), static_cast<std::size_t>(size));
        take_answer();
    }

  private:
    static int connected(std::uint16_t port) {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
            fatal_errno("connect");
        }
        return descriptor;
    }

    void start_next() {
        if (work_.next == work_.calls.size()) {
            return;
        }
        current_ = work_.next++;
        const HttpCall& call = work_.calls[current_];
        const std::string request = fmt::format(
            "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
            "Content-Length: {}\r\n\r\n{}",
            call.path, work_.port, call.body.size(), call.body);
        if (::send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size())) {
            fatal_errno("send");
        }
    }

    void take_answer() {
        const std::size_t end = in_.find("\r\n\r\n");
        if (end == std::string::npos) {
            return;
        }
        const std::string_view head = std::string_view(in_).substr(0, end);
        const std::size_t length = content_length(head).value_or(0);
        if (in_.size() < end + 4 + length) {
            return;
        }
        if (!head.starts_with("HTTP/1.1 2")) {
            fatal(fmt::format("{} was refused: {}", work_.calls[current_].path, in_));
        }
        work_.bodies[current_] = in_.substr(end + 4, length);
        in_.erase(0, end + 4 + length);
        ++work_.answered;
        start_next();
    }

    Loop& loop_;
    Work& work_;
    int descriptor_;
    std::size_t current_ = 0;
    std::string in_;
};

}  // namespace

std::vector<std::string> post_all(Loop& loop, std::uint16_t port, const std::vector<HttpCall>& calls) {
    Work work{.port = port, .calls = calls, .bodies = std::vector<std::string>(calls.size())};
    std::vector<std::unique_ptr<Caller>> callers;
    for (std::size_t i = 0; i < std::min(connections_max, calls.size()); ++i) {
        callers.push_back(std::make_unique<Caller>(loop, work));
    }
    const auto done = [&] {
        return work.answered == calls.size();
    };
    if (!loop.run(now_ns() + seconds_ns(seconds_max), done)) {
        fatal("setting up took too long");
    }
    return std::move(work.bodies);
}

}  // namespace parley::bench
