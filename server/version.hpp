#pragma once

namespace parley::server {

inline constexpr const char* version = PARLEY_VERSION;

}  // namespace parley::server
