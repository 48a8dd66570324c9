#include "base/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace parley {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t at(ByteView bytes, std::size_t place) {
    return place < bytes.size() ? bytes[place] : 0;
}

}  // namespace

std::string to_base64(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t group = at(bytes, i) << 16 | at(bytes, i + 1) << 8 | at(bytes, i + 2);
        text += digits[group >> 18];
        text += digits[group >> 12 & 63];
        text += i + 1 < bytes.size() ? digits[group >> 6 & 63] : '=';
        text += i + 2 < bytes.size() ? digits[group & 63] : '=';
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    const std::size_t end = text.find('=');
    for (std::size_t i = 0; i < text.size() && i < end; ++i) {
        const std::size_t digit = digits.find(text[i]);
        if (digit == std::string_view::npos) return std::nullopt;
        group = group << 6 | static_cast<std::uint32_t>(digit);
        if (i % 4 != 0) bytes += static_cast<char>(group >> (6 - 2 * (i % 4)) & 0xff);
    }
    // One way to write each: the padding where it belongs, and no bits left over.
    if (to_base64(as_bytes(bytes)) != text) return std::nullopt;
    return bytes;
}

}  // namespace parley
