#include "client/net/local_message.hpp"

#include "protocol/generated/cpp/limits.hpp"

namespace parley::client {

namespace {

std::uint64_t little_endian(std::span<const std::uint8_t> bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
    return value;
}

}  // namespace

std::optional<LocalHeader> decode_local_header(std::span<const std::uint8_t, local_header_bytes> bytes) {
    const std::uint64_t size = little_endian(bytes.first(4));
    if (size > static_cast<std::uint64_t>(limits::local_bytes_max)) return std::nullopt;
    const auto kind = static_cast<LocalMessage::Kind>(bytes[4]);
    switch (kind) {
        case LocalMessage::Kind::request:
        case LocalMessage::Kind::commands:
        case LocalMessage::Kind::output:
        case LocalMessage::Kind::problem:
            return LocalHeader{.body_bytes = static_cast<std::size_t>(size),
                               .kind = kind,
                               .until = {static_cast<std::int64_t>(little_endian(bytes.subspan(5, 8)))}};
    }
    return std::nullopt;
}

std::string encode_local_message(const LocalMessage& message) {
    std::string bytes;
    bytes.reserve(local_header_bytes + message.body.size());
    const auto put = [&bytes](std::uint64_t value, int count) {
        for (int i = 0; i < count; ++i)
            bytes += static_cast<char>(value >> (8 * i));
    };
    put(message.body.size(), 4);
    put(static_cast<std::uint64_t>(message.kind), 1);
    put(static_cast<std::uint64_t>(message.until.ms), 8);
    return bytes += message.body;
}

}  // namespace parley::client
