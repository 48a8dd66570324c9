#include "base/uuid.hpp"

#include <algorithm>

namespace parley {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr bool dash_stands_at(std::size_t position) {
    return position == 8 || position == 13 || position == 18 || position == 23;
}

}  // namespace

Uuid Uuid::version7(WallTime wall, std::span<const std::uint8_t, 10> random) {
    Uuid id;
    const auto ms = static_cast<std::uint64_t>(wall.ms);
    for (std::size_t i = 0; i < 6; ++i)
        id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    std::copy(random.begin(), random.end(), id.bytes.begin() + 6);
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x70);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    Uuid id;
    std::size_t digit = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (dash_stands_at(i)) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const int value = hex_value(text[i]);
        if (value < 0) return std::nullopt;
        auto& byte = id.bytes[digit / 2];
        byte = static_cast<std::uint8_t>(digit % 2 == 0 ? value << 4 : byte | value);
        ++digit;
    }
    return id;
}

std::string Uuid::text() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 0x0f];
    }
    return text;
}

}  // namespace parley
