#include "bench/websocket.hpp"

#include <fmt/format.h>

#include <array>

namespace parley::bench {

namespace {

// Masking protects proxies from chosen bytes (RFC 6455, section 10.3); on loopback any key serves as well.
constexpr std::array<unsigned char, 4> masking_key{0x5a, 0xa5, 0x3c, 0xc3};

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>((value >> shift) & 0xff));
    }
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) {
        value = value << 8 | static_cast<unsigned char>(byte);
    }
    return value;
}

}  // namespace

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
    out.push_back(static_cast<char>(0x80 | static_cast<int>(opcode)));
    if (payload.size() < 126) {
        out.push_back(static_cast<char>(0x80 | payload.size()));
    } else if (payload.size() < 65536) {
        out.push_back(static_cast<char>(0x80 | 126));
        append_big_endian(out, payload.size(), 2);
    } else {
        out.push_back(static_cast<char>(0x80 | 127));
        append_big_endian(out, payload.size(), 8);
    }
    for (const unsigned char part : masking_key) {
        out.push_back(static_cast<char>(part));
    }
    const std::size_t start = out.size();
    out.append(payload);
    for (std::size_t i = 0; i < payload.size(); ++i) {
        out[start + i] = static_cast<char>(static_cast<unsigned char>(out[start + i]) ^ masking_key[i % 4]);
    }
}

std::optional<Frame> parse_frame(std::string_view bytes) {
    if (bytes.size() < 2) {
        return std::nullopt;
    }
    const auto first = static_cast<unsigned char>(bytes[0]);
    std::uint64_t length = static_cast<unsigned char>(bytes[1]) & 0x7f;
    std::size_t at = 2;
    if (length >= 126) {
        const std::size_t size = length == 126 ? 2 : 8;
        if (bytes.size() < at + size) {
            return std::nullopt;
        }
        length = big_endian(bytes.substr(at, size));
        at += size;
    }
    if (bytes.size() - at < length) {
        return std::nullopt;
    }
    return Frame{.opcode = static_cast<Opcode>(first & 0x0f),
                 .final = (first & 0x80) != 0,
                 .payload = bytes.substr(at, length),
                 .size = at + length};
}

std::string upgrade_request(std::uint16_t port) {
    return fmt::format(
        "GET /v1/socket HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cGFybGV5IGJlbmNoIGtleQ==\r\n"
        "Sec-WebSocket-Protocol: parley.v1.cbor\r\n\r\n",
        port);
}

}  // namespace parley::bench
