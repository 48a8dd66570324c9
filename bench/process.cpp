#include "bench/process.hpp"

#include "bench/clock.hpp"
#include "bench/fatal.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>

namespace parley::bench {

namespace {

constexpr double ready_seconds_max = 30;
constexpr double stop_seconds_max = 20;
constexpr useconds_t poll_us = 20'000;

// Hashing is made cheap and limits are raised, since neither is what is measured.
constexpr std::string_view config = R"(data = "{folder}/data"
registration = "open"

[listen]
address = "127.0.0.1"
port = {port}
strangers_max = 1000000

[accounts]
new_max = 1000000

[calls]
per_second = 1000000
burst = 1000000

[passwords]
memory_kib = 8
passes = 1

[messages]
per_second = 1000000
burst = 1000000
)";

/// Processes that are to end with the bench, also where it ends in the middle.
std::set<pid_t>& running() {
    static std::set<pid_t> processes;
    return processes;
}

void end_all() {
    for (const pid_t process : running()) {
        ::kill(process, SIGKILL);
    }
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::uint16_t free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), size) < 0 ||
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) < 0) {
        fatal_errno("bind");
    }
    ::close(descriptor);
    return ntohs(address.sin_port);
}

bool is_ready(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    static constexpr std::string_view request =
        "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    std::array<char, 64> answer{};
    const bool answered =
        ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
        ::recv(descriptor, answer.data(), answer.size() - 1, 0) > 0;
    ::close(descriptor);
    return answered && std::string_view(answer.data()).starts_with("HTTP/1.1 200");
}

}  // namespace

ServerProcess::ServerProcess(const std::string& program) : port_(free_port()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "parley-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        fatal_errno("mkdtemp");
    }
    folder_ = pattern;
    const std::string config_path = folder_ + "/parleyd.toml";
    std::ofstream(config_path) << fmt::format(fmt::runtime(config), fmt::arg("folder", folder_),
                                              fmt::arg("port", port_));
    if (running().empty()) {
        std::atexit(end_all);
    }
    id_ = ::fork();
    if (id_ < 0) {
        fatal_errno("fork");
    }
    if (id_ == 0) {
        const int output = ::open((folder_ + "/output.txt").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ::dup2(output, STDOUT_FILENO);
        ::dup2(output, STDERR_FILENO);
        ::execl(program.c_str(), program.c_str(), "--config", config_path.c_str(), nullptr);
        ::_exit(127);
    }
    running().insert(id_);
    wait_until_ready();
}

ServerProcess::~ServerProcess() {
    ::kill(id_, SIGTERM);
    const Nanos deadline = now_ns() + seconds_ns(stop_seconds_max);
    while (::waitpid(id_, nullptr, WNOHANG) == 0) {
        if (now_ns() > deadline) {
            ::kill(id_, SIGKILL);
        }
        ::usleep(poll_us);
    }
    running().erase(id_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void ServerProcess::wait_until_ready() {
    const Nanos deadline = now_ns() + seconds_ns(ready_seconds_max);
    while (!is_ready(port_)) {
        if (::waitpid(id_, nullptr, WNOHANG) != 0 || now_ns() > deadline) {
            std::ifstream output(folder_ + "/output.txt");
            const std::string said((std::istreambuf_iterator<char>(output)), {});
            fatal(fmt::format("parleyd did not become ready: {}", said));
        }
        ::usleep(poll_us);
    }
}

}  // namespace parley::bench
