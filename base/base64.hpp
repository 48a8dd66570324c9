#pragma once

#include "base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace parley {

/// RFC 4648, section 4, with padding.
std::string to_base64(ByteView bytes);

/// Nothing where `text` is not exactly what `to_base64` makes of some bytes.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace parley
