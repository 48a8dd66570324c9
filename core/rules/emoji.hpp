#pragma once

#include "base/result.hpp"

#include <string_view>

namespace parley::core::rules {

/// One emoji with which somebody may react, in the one spelling that Unicode calls fully-qualified (UTS 51,
/// ED-18a), so that two people who mean the same say the same: a sign that is shown as an emoji, with U+FE0F
/// where it needs that and without where it does not; with a colour of skin; a keycap; a flag of two letters
/// or of tags; or several of these, joined by U+200D. Whether a font has such a flag, or joins these, is not
/// asked. Anything else is `invalid`, field "emoji".
Status check_emoji(std::string_view text);

}  // namespace parley::core::rules
