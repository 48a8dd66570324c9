#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "protocol/generated/cpp/changes.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// How a row is written down: its body, and its checksum.
namespace parley::server {

/// CBOR; `internal` where it could not be read again.
Result<std::string> encode_body(const protocol::ChangePayload& payload);
/// Nothing for what is no body of this type.
std::optional<protocol::ChangePayload> decode_body(protocol::Type type, std::string_view bytes);

/// Never less than the body takes in a frame of JSON, with the envelope around it.
std::int64_t frame_bytes(ByteView encoded);

struct RowFields {
    std::int64_t stream, born, seq, kind, slot, author, at, gone;
    ByteView id;
    ByteView body;
};

using RowChecksum = std::array<std::uint8_t, 16>;

/// The first 16 bytes of BLAKE2b over all that a row says: each number in 8 bytes, low byte first, then the
/// length of the id, the id and the body. `buffer` is only working space.
RowChecksum checksum_of(const RowFields& row, std::string& buffer);

}  // namespace parley::server
