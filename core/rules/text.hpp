#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string_view>

/// Rules about what people type, the same on both ends.
namespace parley::core::rules {

/// A handle as it may be registered: limits::handle_chars_min to handle_chars_max of a-z 0-9 _ . - beginning
/// with a letter. Anything else is `invalid`, field "handle".
Status check_handle(std::string_view handle);

/// What is shown in one line among others, as a person's or a device's name or a title: valid UTF-8 of at
/// most name_points_max code points, of which one can be seen and none breaks a line; `field` names it in the
/// error. Of what was stored before there was this rule, it says nothing: whoever shows a name looks himself.
Status check_name(std::string_view name, std::string_view field);

/// Controls, separators of lines and paragraphs, and what turns the direction of the text around it (Unicode
/// Standard Annex 9, section 2).
bool breaks_a_line(char32_t point);

/// The text of a message: valid UTF-8 without NUL, 1 to text_points_max code points, at most text_bytes_max
/// bytes.
Status check_message_text(std::string_view text);

/// A new password: valid UTF-8 of at least password_chars_min code points and at most password_bytes_max
/// bytes.
Status check_password(std::string_view password);

}  // namespace parley::core::rules
