#pragma once

#include <algorithm>
#include <string_view>

/// Texts of HTTP's headers.
namespace parley::server {

/// Without the spaces and tabs that may stand around a value of a header (RFC 9110, section 5.6.3).
constexpr std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t";
    const std::size_t begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

/// Whether they are one word where capitals do not count: names of hosts, schemes, types and codings.
constexpr bool same_word(std::string_view a, std::string_view b) {
    const auto folded = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, [&](char x, char y) { return folded(x) == folded(y); });
}

}  // namespace parley::server
