#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::bench {

/// RFC 6455 from the client's side: what a load generator needs of it, and no more.
enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// A frame of a client: final and masked.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);

struct Frame {
    Opcode opcode{};
    bool final = true;
    std::string_view payload;  // points into what was parsed
    std::size_t size = 0;      // of the whole frame
};

/// The first frame of what the server sent; nothing where it is not whole yet.
std::optional<Frame> parse_frame(std::string_view bytes);

/// The request that opens a socket with CBOR frames.
std::string upgrade_request(std::uint16_t port);

}  // namespace parley::bench
