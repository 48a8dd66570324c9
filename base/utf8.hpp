#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace parley {

/// Number of code points, or nothing where `text` is not valid UTF-8 (RFC 3629: no surrogates, nothing
/// overlong, nothing above U+10FFFF).
std::optional<std::size_t> count_code_points(std::string_view text);

/// The longest prefix of valid UTF-8 `text` that has at most `points_max` code points.
std::string_view first_code_points(std::string_view text, std::size_t points_max);

/// Takes the first code point off `text`, which is not empty; of what is not valid UTF-8 one byte, for which
/// U+FFFD stands.
char32_t take_code_point(std::string_view& text);

}  // namespace parley
