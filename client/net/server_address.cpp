#include "client/net/transport.hpp"

#include <algorithm>

namespace parley::client {

namespace {

bool is_port(std::string_view text) {
    const auto is_digit = [](char c) {
        return c >= '0' && c <= '9';
    };
    return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

bool is_host(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '-' || c == ':' || c == '_';
    };
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, fits);
}

/// Takes the host off the front of `rest`; [::1] loses its brackets.
std::string take_host(std::string_view& rest) {
    std::size_t end = 0;
    std::string host;
    if (rest.starts_with('[')) {
        end = std::min(rest.find(']'), rest.size());
        host = rest.substr(1, end - 1);
        end = std::min(end + 1, rest.size());
    } else {
        end = std::min(rest.find(':'), rest.size());
        host = rest.substr(0, end);
    }
    rest.remove_prefix(end);
    return host;
}

}  // namespace

std::optional<ServerAddress> ServerAddress::parse(std::string_view text) {
    ServerAddress address;
    std::optional<bool> secure;
    if (text.starts_with("https://")) secure = true;
    if (text.starts_with("http://")) secure = false;
    if (secure) text.remove_prefix(*secure ? 8 : 7);
    if (text.ends_with('/')) text.remove_suffix(1);

    address.host = take_host(text);
    if (!is_host(address.host)) return std::nullopt;
    address.secure = secure.value_or(!address.is_loopback());
    address.port = address.secure ? "443" : "80";
    if (!text.empty()) {
        if (!text.starts_with(':') || !is_port(text.substr(1))) return std::nullopt;
        address.port = text.substr(1);
    }
    return address;
}

std::string ServerAddress::text() const {
    std::string out = secure ? "https://" : "http://";
    out += host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != (secure ? "443" : "80")) out += ":" + port;
    return out;
}

bool ServerAddress::is_loopback() const {
    const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
    return host == "localhost" || host == "::1" || (numeric && host.starts_with("127."));
}

}  // namespace parley::client
