#include "client/cli/text.hpp"

#include "base/utf8.hpp"
#include "core/rules/text.hpp"

#include <time.h>

#include <array>
#include <cstdint>

namespace parley::client::cli {

namespace {

constexpr char32_t replacement = 0xfffd;

void append_point(std::string& out, char32_t point) {
    const auto put = [&out](char32_t bits) {
        out += static_cast<char>(bits);
    };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xc0 | (point >> 6));
        put(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        put(0xe0 | (point >> 12));
        put(0x80 | ((point >> 6) & 0x3f));
        put(0x80 | (point & 0x3f));
    } else {
        put(0xf0 | (point >> 18));
        put(0x80 | ((point >> 12) & 0x3f));
        put(0x80 | ((point >> 6) & 0x3f));
        put(0x80 | (point & 0x3f));
    }
}

void append_harmless(std::string& out, char32_t point) {
    if (point < 0x20) return append_point(out, 0x2400 + point);
    if (point == 0x7f) return append_point(out, 0x2421);
    append_point(out, must_not_reach_a_terminal(point) ? replacement : point);
}

std::size_t width(char32_t point) {
    const auto in = [point](char32_t low, char32_t high) {
        return point >= low && point <= high;
    };
    if (in(0x300, 0x36f) || in(0x200b, 0x200d) || in(0xfe00, 0xfe0f) || in(0x20d0, 0x20ff)) return 0;
    const bool wide = in(0x1100, 0x115f) || in(0x2e80, 0xa4cf) || in(0xac00, 0xd7a3) || in(0xf900, 0xfaff) ||
                      in(0xfe30, 0xfe6f) || in(0xff00, 0xff60) || in(0xffe0, 0xffe6) ||
                      in(0x1f300, 0x1faff) || in(0x20000, 0x3fffd);
    return wide ? 2 : 1;
}

std::string formatted(WallTime at, const char* format) {
    const time_t seconds = static_cast<time_t>(at.ms / 1000);
    tm local{};
    ::localtime_r(&seconds, &local);
    std::array<char, 64> text{};
    return {text.data(), ::strftime(text.data(), text.size(), format, &local)};
}

}  // namespace

bool must_not_reach_a_terminal(char32_t point) {
    const bool tags = point >= 0xe0000 && point <= 0xe007f;
    return core::rules::breaks_a_line(point) || tags || point == 0xfeff;
}

std::string harmless_line(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty())
        append_harmless(out, take_code_point(text));
    return out;
}

std::string harmless_block(std::string_view text, std::size_t indent) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const char32_t point = take_code_point(text);
        if (point == '\n') {
            out += '\n' + std::string(indent, ' ');
        } else if (point == '\t') {
            out += "    ";
        } else {
            append_harmless(out, point);
        }
    }
    return out;
}

std::size_t columns(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty())
        count += width(take_code_point(text));
    return count;
}

std::string first_columns(std::string text, std::size_t columns_max) {
    if (columns(text) <= columns_max) return text;
    std::string begun;
    std::size_t used = 1;
    for (std::string_view left = text; !left.empty();) {
        const std::string_view before = left;
        used += width(take_code_point(left));
        if (used > columns_max) break;
        begun += before.substr(0, before.size() - left.size());
    }
    return begun + "…";
}

std::string padded(std::string text, std::size_t wanted) {
    const std::size_t have = columns(text);
    if (have < wanted) text.append(wanted - have, ' ');
    return text;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos;
}

std::string without_at(const std::string& word) {
    return word.starts_with('@') ? word.substr(1) : word;
}

std::string how_long(Duration time) {
    constexpr std::int64_t few = 120;
    std::int64_t count = (time.ms + 999) / 1000;
    const char* unit = "second";
    for (const char* longer : {"minute", "hour"}) {
        if (count < few) break;
        count = (count + 59) / 60;
        unit = longer;
    }
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
}

std::string local_time(WallTime at) {
    return formatted(at, "%H:%M");
}
std::string local_day(WallTime at) {
    return formatted(at, "%A, %-d %B %Y");
}
std::string local_stamp(WallTime at) {
    return formatted(at, "%Y-%m-%d %H:%M");
}

}  // namespace parley::client::cli
