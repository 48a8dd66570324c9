#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string_view>

/// Rules about what people type, the same on both ends.
namespace parley::core::rules {

/// A handle as it may be registered: limits::handle_chars_min to handle_chars_max of a-z 0-9 _ . - beginning
/// with a letter. Anything else is `invalid`, field "handle".
Status check_handle(std::string_view handle);

/// Valid UTF-8 without NUL of 1 to `points_max` code points; `field` names it in the error.
Status check_name(std::string_view name, std::int64_t points_max, std::string_view field);

/// The text of a message: valid UTF-8 without NUL, 1 to text_points_max code points, at most text_bytes_max
/// bytes.
Status check_message_text(std::string_view text);

/// A new password: valid UTF-8 of at least password_chars_min code points and at most password_bytes_max
/// bytes.
Status check_password(std::string_view password);

}  // namespace parley::core::rules
