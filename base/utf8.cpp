#include "base/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace parley {

namespace {

/// How many bytes at the start of `text` are ASCII, looked at eight at a time: most texts are nothing else.
std::size_t plain_prefix(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    std::size_t plain = 0;
    for (std::uint64_t eight = 0; plain + sizeof eight <= text.size(); plain += sizeof eight) {
        std::memcpy(&eight, text.data() + plain, sizeof eight);
        if ((eight & high_bits) != 0) break;
    }
    return plain;
}

/// Length of the well-formed sequence at the start of `text` (Unicode 15, table 3-7), 0 where there is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint8_t>(text[i]);
    };
    const auto in = [&](std::size_t i, int low, int high) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const auto lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return in(1, 0x80, 0xbf) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        const int low = lead == 0xe0 ? 0xa0 : 0x80;
        const int high = lead == 0xed ? 0x9f : 0xbf;
        return in(1, low, high) && in(2, 0x80, 0xbf) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const int low = lead == 0xf0 ? 0x90 : 0x80;
        const int high = lead == 0xf4 ? 0x8f : 0xbf;
        return in(1, low, high) && in(2, 0x80, 0xbf) && in(3, 0x80, 0xbf) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::optional<std::size_t> count_code_points(std::string_view text) {
    std::size_t points = plain_prefix(text);
    text.remove_prefix(points);
    while (!text.empty()) {
        // What is left of a plain text are up to seven bytes.
        const bool plain_byte = static_cast<std::uint8_t>(text.front()) < 0x80;
        const std::size_t length = plain_byte ? 1 : sequence_length(text);
        if (length == 0) return std::nullopt;
        text.remove_prefix(length);
        ++points;
        // Behind a word with one umlaut the text goes on in ASCII.
        if (length == 1) continue;
        const std::size_t plain = plain_prefix(text);
        text.remove_prefix(plain);
        points += plain;
    }
    return points;
}

std::string_view first_code_points(std::string_view text, std::size_t points_max) {
    std::size_t bytes = 0;
    for (std::size_t points = 0; bytes < text.size() && points < points_max; ++points) {
        const std::size_t length = sequence_length(text.substr(bytes));
        if (length == 0) break;
        bytes += length;
    }
    return text.substr(0, bytes);
}

char32_t take_code_point(std::string_view& text) {
    constexpr char32_t replacement = 0xfffd;
    const std::size_t length = sequence_length(text);
    const std::string_view bytes = text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
    if (length == 0) return replacement;
    const auto lead = static_cast<std::uint8_t>(bytes[0]);
    if (length == 1) return lead;
    char32_t point = lead & (0x7f >> length);
    for (const char c : bytes.substr(1))
        point = (point << 6) | (static_cast<std::uint8_t>(c) & 0x3f);
    return point;
}

}  // namespace parley
