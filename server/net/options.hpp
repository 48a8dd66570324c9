#pragma once

#include "base/time.hpp"
#include "server/net/client_address.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace parley::server {

/// So many connections that are refused are held at one time; a flood above that is cut off with the answer.
inline constexpr std::int64_t refusals_held_max = 64;
/// The same where the answer needs a handshake first, which is work: each is held for a whole second, so that
/// this is also how many there are in a second. Those above it are closed without a word.
inline constexpr std::int64_t refusals_secured_max = 16;

struct NetOptions {
    std::string address = "127.0.0.1";
    /// 0: any free one.
    std::uint16_t port = 8080;
    /// Files in PEM; both or none.
    std::string certificate_file;
    std::string key_file;
    /// Origins, besides the server's own, from which browsers may open the socket
    /// ("https://chat.example.org").
    std::vector<std::string> origins;
    /// Whose `X-Forwarded-For` is believed.
    TrustedProxies proxies;
    std::int64_t connections_max = 15'000;
    /// Those of one address that have not signed in; proxies that are believed have as many as they like.
    std::int64_t strangers_max = 500;
    std::uint32_t header_bytes_max = 8'192;
    std::uint32_t body_bytes_max = 65'536;
    /// From connecting (idle: from the last answer) to the end of a request's header; from there to the end
    /// of its body; from there to its answer, after which it is `unavailable`; and until the peer has taken
    /// that.
    Duration header_time_max = seconds(10);
    Duration idle_time_max = seconds(60);
    Duration body_time_max = seconds(20);
    Duration answer_time_max = seconds(20);
    /// How long a peer has to take the last frames and to answer a close.
    Duration close_time_max = seconds(5);
};

}  // namespace parley::server
