#pragma once

#include "base/time.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace parley::client::cli {

/// Text from others for a terminal, on one line: nothing in it can move the cursor, start an escape sequence,
/// end the line or turn the direction of what follows. Control characters become their pictures (U+2400), the
/// rest U+FFFD.
std::string harmless_line(std::string_view text);

/// The same for text of several lines: line feeds stay and are followed by `indent` spaces, so that no line
/// of a message can pass for a line of ours; tabs become spaces.
std::string harmless_block(std::string_view text, std::size_t indent);

/// What a terminal, or a reader of its lines, might take for more than a character, C0 and DEL aside:
/// controls, separators of lines, overrides of direction, invisible tags.
bool must_not_reach_a_terminal(char32_t point);

/// Columns that the text takes on a terminal, counted roughly: one a code point, two for East Asian wide ones
/// and emoji, none for combining marks.
std::size_t columns(std::string_view text);

/// The beginning of `text` that fits into so many columns, with … where it was cut.
std::string first_columns(std::string text, std::size_t columns_max);

/// `text` filled with spaces up to `width` columns.
std::string padded(std::string text, std::size_t width);

/// The words of a command line as one text.
std::string joined(const std::vector<std::string>& words);

/// Whether nobody would see anything of a message that says this.
bool is_blank(std::string_view text);

/// A handle without the @ that people write before it.
std::string without_at(const std::string& word);

/// "1 second", "40 seconds", "3 minutes", "5 hours"; never too short.
std::string how_long(Duration time);

/// In the person's own time zone.
std::string local_time(WallTime at);   // 14:05
std::string local_day(WallTime at);    // Monday, 3 March 2025
std::string local_stamp(WallTime at);  // 2025-03-03 14:05

}  // namespace parley::client::cli
