#pragma once

#include <cstdint>

namespace parley::rig {

/// Microseconds of the monotonic clock.
std::int64_t now_us();

}  // namespace parley::rig
