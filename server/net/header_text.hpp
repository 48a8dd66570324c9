#pragma once

#include <string_view>

namespace parley::server {

/// Without the spaces and tabs that may stand around a value of a header (RFC 9110, section 5.6.3).
constexpr std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t";
    const std::size_t begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

}  // namespace parley::server
