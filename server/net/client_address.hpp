#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::server {

/// An address of the Internet Protocol, an IPv4 one in its IPv6 form (RFC 4291, section 2.5.5.2).
struct Address {
    std::array<std::uint8_t, 16> bytes{};

    friend bool operator==(const Address&, const Address&) = default;
};

/// As peers and proxies write it: 203.0.113.7, 2001:db8::7, and both with a port (203.0.113.7:4711,
/// [2001:db8::7]:4711). Nothing where it is something else.
std::optional<Address> parse_address(std::string_view text);

/// What limits count an address by: an IPv4 address by itself, an IPv6 one by its first 64 bits, since
/// whoever has one of those has all of them.
std::string limit_key(const Address& address);

/// The proxies whose word about their clients is taken. Immutable: any thread may ask.
class TrustedProxies {
  public:
    /// Trusts nobody.
    TrustedProxies() = default;

    /// Addresses ("127.0.0.1", "fd00::1") and networks ("10.0.0.0/8"); `invalid` with what is wrong with one.
    static Result<TrustedProxies> parse(std::span<const std::string> texts);

    bool trusts(const Address& address) const;

    /// Whose request it is: the peer, or, where the peer is a proxy of ours, whom that names. A header that a
    /// client made up is never believed: it is read from its end, and only as far as proxies of ours wrote
    /// it.
    ///
    /// `forwarded`: all `X-Forwarded-For` headers in their order, joined with commas; each proxy appends its
    /// peer.
    Address client_of(const Address& peer, std::string_view forwarded) const;

  private:
    struct Network {
        Address address;
        int bits = 0;
    };
    std::vector<Network> networks_;
};

}  // namespace parley::server
