#pragma once

#include <string_view>

namespace parley::core {

/// Of this core. Another version may ask its database something else, and cannot play what this one recorded.
std::string_view version();

}  // namespace parley::core
