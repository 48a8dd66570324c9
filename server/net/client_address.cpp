#include "server/net/client_address.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/api/header_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace parley::server {

namespace {

constexpr int address_bits = 128;
constexpr int ipv4_bits = 32;
constexpr std::array<std::uint8_t, 12> ipv4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_ipv4(const Address& address) {
    return std::equal(ipv4_prefix.begin(), ipv4_prefix.end(), address.bytes.begin());
}

/// Without a port.
std::optional<Address> parse_bare(std::string_view text) {
    const std::string terminated(text);
    Address address;
    if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    std::copy(ipv4_prefix.begin(), ipv4_prefix.end(), address.bytes.begin());
    if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + ipv4_prefix.size()) == 1)
        return address;
    return std::nullopt;
}

/// The bits behind the first `bits`, all zero?
bool is_start_of_network(const Address& address, int bits) {
    for (int bit = bits; bit < address_bits; ++bit) {
        if ((address.bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0) return false;
    }
    return true;
}

bool share_bits(const Address& a, const Address& b, int bits) {
    const auto whole = static_cast<std::ptrdiff_t>(bits / 8);
    if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, b.bytes.begin())) return false;
    if (bits % 8 == 0) return true;
    const auto last = static_cast<std::size_t>(whole);
    return (a.bytes[last] ^ b.bytes[last]) >> (8 - bits % 8) == 0;
}

/// The bits of a network's address as they stand behind its slash, in the form of addresses here; nothing
/// where they are no number that the address has.
std::optional<int> parse_bits(std::string_view text, std::string_view address) {
    const bool four = address.find(':') == std::string_view::npos;
    const int bits_max = four ? ipv4_bits : address_bits;
    int bits = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
    if (error != std::errc{} || stopped != text.data() + text.size() || bits < 0 || bits > bits_max)
        return std::nullopt;
    return bits + address_bits - bits_max;
}

std::unexpected<Error> no_proxy(const std::string& text) {
    return fail(ErrorCode::invalid,
                "\"" + text + "\" is neither an address nor a network, such as 127.0.0.1 or 10.0.0.0/8");
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        return parse_bare(text.substr(1, end - 1));
    }
    // One colon stands before a port; an IPv6 address has at least two.
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
        text = text.substr(0, colon);
    }
    return parse_bare(text);
}

std::string limit_key(const Address& address) {
    const std::size_t size = is_ipv4(address) ? address.bytes.size() : address.bytes.size() / 2;
    return {reinterpret_cast<const char*>(address.bytes.data()), size};
}

Result<TrustedProxies> TrustedProxies::parse(std::span<const std::string> texts) {
    TrustedProxies proxies;
    for (const std::string& text : texts) {
        const std::string_view whole = text;
        const std::size_t slash = std::min(whole.find('/'), whole.size());
        const auto address = parse_bare(whole.substr(0, slash));
        if (!address) return no_proxy(text);
        const auto bits = slash < whole.size() ? parse_bits(whole.substr(slash + 1), whole.substr(0, slash))
                                               : std::optional(address_bits);
        if (!bits) return no_proxy(text);
        if (!is_start_of_network(*address, *bits)) {
            return fail(ErrorCode::invalid, "\"" + text + "\" has bits set behind its network part");
        }
        proxies.networks_.push_back({*address, *bits});
    }
    return proxies;
}

bool TrustedProxies::trusts(const Address& address) const {
    return std::ranges::any_of(networks_, [&](const Network& network) {
        return share_bits(network.address, address, network.bits);
    });
}

Address TrustedProxies::client_of(const Address& peer, std::string_view forwarded) const {
    Address client = peer;
    while (!forwarded.empty() && trusts(client)) {
        const std::size_t comma = forwarded.rfind(',');
        const bool last = comma == std::string_view::npos;
        const auto named = parse_address(last ? forwarded : forwarded.substr(comma + 1));
        // What a proxy of ours wrote is an address. Anything else was not written by one.
        if (!named) break;
        client = *named;
        forwarded = last ? std::string_view{} : forwarded.substr(0, comma);
    }
    return client;
}

}  // namespace parley::server
