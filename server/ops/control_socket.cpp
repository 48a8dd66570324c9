#include "server/ops/control_socket.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/ops/system_call.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace parley::server {

namespace {

constexpr std::size_t line_bytes_max = 4'096;
/// Whoever connects and says nothing does not keep the others waiting for longer.
constexpr int request_ms_max = 2'000;

std::string path_in(const std::string& directory) {
    return directory + "/control.sock";
}

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ErrorCode::invalid, path + " is too long for a socket");
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

/// Up to the first line feed; waits for each part at most `wait_ms` (-1: for ever). Nothing where none comes:
/// the beginning of a line may ask for something else than the line.
std::optional<std::string> read_line(int descriptor, int wait_ms) {
    std::string line;
    std::array<char, 512> bytes{};
    while (line.size() <= line_bytes_max) {
        pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
        const int polled = ::poll(&ready, 1, wait_ms);
        if (polled < 0 && errno == EINTR) continue;
        if (polled <= 0) return std::nullopt;
        const ssize_t size = ::read(descriptor, bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return std::nullopt;
        line.append(bytes.data(), static_cast<std::size_t>(size));
        if (const std::size_t end = line.find('\n'); end != std::string::npos)
            return end <= line_bytes_max ? std::optional(line.substr(0, end)) : std::nullopt;
    }
    return std::nullopt;
}

void write_line(int descriptor, std::string line) {
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t size = ::send(descriptor, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (size <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(size));
    }
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::listen(const std::string& directory, Serve serve) {
    const std::string path = path_in(directory);
    TRY_ASSIGN(const sockaddr_un address, address_of(path));
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return cannot(path);
    // The store's lock says that nobody else runs here, so what lies there is left over.
    ::unlink(path.c_str());
    const mode_t before = ::umask(S_IXUSR | S_IRWXG | S_IRWXO);
    const bool bound = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::umask(before);
    if (!bound || ::listen(descriptor, 8) != 0) {
        ::close(descriptor);
        return cannot(path);
    }
    return std::unique_ptr<ControlSocket>(new ControlSocket(path, descriptor, std::move(serve)));
}

ControlSocket::ControlSocket(std::string path, int descriptor, Serve serve)
    : path_(std::move(path)), descriptor_(descriptor), serve_(std::move(serve)) {
    if (::pipe2(ending_, O_CLOEXEC) != 0) ending_[0] = ending_[1] = -1;
    thread_ = std::thread([this] { run(); });
}

ControlSocket::~ControlSocket() {
    if (ending_[1] >= 0) ::close(ending_[1]);
    ::shutdown(descriptor_, SHUT_RDWR);
    thread_.join();
    if (ending_[0] >= 0) ::close(ending_[0]);
    ::close(descriptor_);
    ::unlink(path_.c_str());
}

void ControlSocket::run() {
    while (true) {
        std::array<pollfd, 2> ready{{{.fd = descriptor_, .events = POLLIN, .revents = 0},
                                     {.fd = ending_[0], .events = POLLIN, .revents = 0}}};
        if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) return;
        if (ready[1].revents != 0 || (ready[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return;
        const int connection = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        answer(connection);
        ::close(connection);
    }
}

void ControlSocket::answer(int connection) {
    const auto request = read_line(connection, request_ms_max);
    if (!request)
        return write_line(connection, "error a request is one line of at most 4,096 bytes and its line feed");
    const Result<std::string> said = serve_(*request);
    write_line(connection, said ? "ok " + *said : "error " + said.error().context);
}

Result<std::string> ask_running(const std::string& directory, std::string_view request) {
    // Else it would be two, of which the first asks for something else.
    if (request.find('\n') != std::string_view::npos || request.size() > line_bytes_max)
        return fail(ErrorCode::invalid, "a request to the server is one line of at most 4,096 bytes");
    const std::string path = path_in(directory);
    TRY_ASSIGN(const sockaddr_un address, address_of(path));
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return cannot(path);
    const std::unique_ptr<const int, void (*)(const int*)> closed(&descriptor,
                                                                  [](const int* one) { ::close(*one); });
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return fail(ErrorCode::unavailable, "no server runs on " + directory);
    }
    write_line(descriptor, std::string(request));
    // A backup takes as long as it takes.
    const auto line = read_line(descriptor, -1);
    if (line && line->starts_with("ok ")) return line->substr(3);
    if (line && line->starts_with("error ")) return fail(ErrorCode::internal, line->substr(6));
    return fail(ErrorCode::internal, "the server ended before it answered");
}

}  // namespace parley::server
