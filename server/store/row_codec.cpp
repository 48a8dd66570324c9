#include "server/store/row_codec.hpp"

#include "protocol/codec.hpp"

#include <sodium.h>

#include <cstddef>
#include <utility>
#include <variant>

namespace parley::server {

namespace {

using protocol::Encoding;
using protocol::Type;

/// What an envelope around a body takes in JSON, ids and numbers included.
constexpr std::int64_t envelope_bytes = 200;

template <class T>
std::optional<protocol::ChangePayload> decode_as(std::string_view bytes) {
    auto decoded = protocol::decode<T>(bytes, Encoding::cbor);
    if (!decoded) return std::nullopt;
    return protocol::ChangePayload{std::move(*decoded)};
}

void append_number(std::string& out, std::int64_t value) {
    std::array<char, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(value >> (8 * i) & 0xff);
    out.append(bytes.data(), bytes.size());
}

}  // namespace

std::int64_t frame_bytes(ByteView encoded) {
    std::int64_t bytes = envelope_bytes + static_cast<std::int64_t>(encoded.size());
    for (const auto byte : encoded) {
        if (byte < 0x20) bytes += 5;
        if (byte == '"' || byte == '\\') ++bytes;
    }
    return bytes;
}

Result<std::string> encode_body(const protocol::ChangePayload& payload) {
    return std::visit([](const auto& one) { return protocol::try_encode(one, Encoding::cbor); }, payload);
}

std::optional<protocol::ChangePayload> decode_body(Type type, std::string_view bytes) {
    switch (type) {
        case Type::message_new:
            return decode_as<protocol::MessageNew>(bytes);
        case Type::member_changed:
            return decode_as<protocol::MemberChanged>(bytes);
        case Type::conversation_changed:
            return decode_as<protocol::ConversationChanged>(bytes);
        case Type::joined:
            return decode_as<protocol::Joined>(bytes);
        case Type::left:
            return decode_as<protocol::Left>(bytes);
        case Type::read_changed:
            return decode_as<protocol::ReadChanged>(bytes);
        case Type::device_changed:
            return decode_as<protocol::DeviceChanged>(bytes);
        case Type::profile_changed:
            return decode_as<protocol::ProfileChanged>(bytes);
        case Type::preferences_changed:
            return decode_as<protocol::PreferencesChanged>(bytes);
        case Type::reaction_changed:
            return decode_as<protocol::ReactionChanged>(bytes);
        case Type::pin_changed:
            return decode_as<protocol::PinChanged>(bytes);
        case Type::draft_changed:
            return decode_as<protocol::DraftChanged>(bytes);
        case Type::block_changed:
            return decode_as<protocol::BlockChanged>(bytes);
        default:
            return std::nullopt;
    }
}

RowChecksum checksum_of(const RowFields& row, std::string& buffer) {
    buffer.clear();
    for (const auto number : {row.stream, row.born, row.seq, row.kind, row.slot, row.author, row.at, row.gone,
                              static_cast<std::int64_t>(row.id.size())}) {
        append_number(buffer, number);
    }
    buffer.append(as_text(row.id)).append(as_text(row.body));
    RowChecksum out{};
    crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(buffer.data()),
                       buffer.size(), nullptr, 0);
    return out;
}

}  // namespace parley::server
