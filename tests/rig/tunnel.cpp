#include "tests/rig/tunnel.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace parley::rig {

namespace {

constexpr std::size_t packet_bytes_max = 65'536;

std::unexpected<std::string> failed(const std::string& what) {
    return std::unexpected(what + ": " + std::strerror(errno));
}

}  // namespace

std::expected<Tunnel, std::string> Tunnel::open(const std::string& interface) {
    Tunnel tunnel(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (tunnel.descriptor_ < 0) return failed("/dev/net/tun");
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(tunnel.descriptor_, TUNSETIFF, &request) != 0) return failed("making the interface");
    return tunnel;
}

std::expected<Tunnel, std::string> Tunnel::open_in(const std::string& namespace_file,
                                                   const std::string& interface) {
    const int own = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    const int other = ::open(namespace_file.c_str(), O_RDONLY | O_CLOEXEC);
    if (own < 0 || other < 0 || ::setns(other, CLONE_NEWNET) != 0) return failed("entering the namespace");
    auto tunnel = open(interface);
    const bool back = ::setns(own, CLONE_NEWNET) == 0;
    ::close(own);
    ::close(other);
    if (!back) return failed("leaving the namespace");
    return tunnel;
}

Tunnel::Tunnel(Tunnel&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Tunnel::~Tunnel() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::vector<std::uint8_t> Tunnel::read() const {
    std::array<std::uint8_t, packet_bytes_max> buffer;
    const auto count = ::read(descriptor_, buffer.data(), buffer.size());
    if (count <= 0) return {};
    return {buffer.begin(), buffer.begin() + count};
}

void Tunnel::write(const std::vector<std::uint8_t>& packet) const {
    [[maybe_unused]] const auto written = ::write(descriptor_, packet.data(), packet.size());
}

}  // namespace parley::rig
