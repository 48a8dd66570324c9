#pragma once

#include "base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace parley::client {

/// One piece of what two processes of one account say to each other. On the socket: length of the body (u32),
/// kind (u8), until (u64, milliseconds), all little-endian, then the body.
struct LocalMessage {
    /// What the body is.
    enum class Kind : std::uint8_t {
        request = 1,
        commands = 2,
        output = 3,
        /// Why the server is out of reach, in words for people; empty: unknown, or it is not.
        problem = 4,
    };

    Kind kind{};
    /// Not to be acted on after this moment of the monotonic clock, which all processes share.
    Instant until;
    std::string body;
};

constexpr std::size_t local_header_bytes = 13;

/// What stands before a body.
struct LocalHeader {
    /// At most limits::local_bytes_max.
    std::size_t body_bytes = 0;
    LocalMessage::Kind kind{};
    Instant until;
};

/// Nothing for a kind that we do not know, and for a body that is longer than one may be.
std::optional<LocalHeader> decode_local_header(std::span<const std::uint8_t, local_header_bytes> bytes);

/// Header and body.
std::string encode_local_message(const LocalMessage& message);

}  // namespace parley::client
