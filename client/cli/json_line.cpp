#include "client/cli/json_line.hpp"

#include "client/cli/text.hpp"

#include <cstdint>
#include <utility>

namespace parley::client::cli {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// Above U+FFFF as a pair (RFC 8259, section 7).
void append_escape(std::string& out, char32_t point) {
    if (point > 0xffff) {
        append_escape(out, 0xd800 + ((point - 0x10000) >> 10));
        return append_escape(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
    }
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
        out += hex_digits[(point >> shift) & 0x0f];
}

/// DEL, the controls U+0080 to U+009F, U+FEFF, what ends lines or turns directions, and invisible tags may
/// stand in JSON as they are, but not on a terminal. All but DEL begin with one of four bytes, which in other
/// places mean other things.
std::string escaped(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
        const auto byte = [&](std::size_t ahead) -> char32_t {
            return i + ahead < json.size() ? static_cast<std::uint8_t>(json[i + ahead]) : 0;
        };
        const char32_t of_two = (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
        const char32_t of_three = (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
        const char32_t of_four =
            (byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
        if (byte(0) == 0x7f) {
            append_escape(out, byte(0));
        } else if (byte(0) == 0xc2 && must_not_reach_a_terminal(of_two)) {
            append_escape(out, of_two);
            i += 1;
        } else if ((byte(0) == 0xe2 || byte(0) == 0xef) && must_not_reach_a_terminal(of_three)) {
            append_escape(out, of_three);
            i += 2;
        } else if (byte(0) == 0xf3 && must_not_reach_a_terminal(of_four)) {
            append_escape(out, of_four);
            i += 3;
        } else {
            out += json[i];
        }
    }
    return out;
}

}  // namespace

JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
    writer_.key({0, key});
    writer_.text(value);
    return *this;
}

JsonLine& JsonLine::integer(std::string_view key, std::int64_t value) {
    writer_.key({0, key});
    writer_.integer(value);
    return *this;
}

JsonLine& JsonLine::boolean(std::string_view key, bool value) {
    writer_.key({0, key});
    writer_.boolean(value);
    return *this;
}

JsonLine& JsonLine::texts(std::string_view key, const std::vector<std::string>& values) {
    writer_.key({0, key});
    writer_.begin_list(values.size());
    for (const std::string& value : values) {
        writer_.element();
        writer_.text(value);
    }
    writer_.end_list();
    return *this;
}

JsonLine& JsonLine::objects(std::string_view key, const std::vector<std::string>& encoded) {
    writer_.key({0, key});
    writer_.begin_list(encoded.size());
    for (const std::string& value : encoded) {
        writer_.element();
        out_ += value;
    }
    writer_.end_list();
    return *this;
}

JsonLine& JsonLine::object(std::string_view key, std::string encoded) {
    writer_.key({0, key});
    out_ += encoded;
    return *this;
}

std::string JsonLine::take() {
    writer_.end_map();
    return escaped(std::exchange(out_, {}));
}

}  // namespace parley::client::cli
