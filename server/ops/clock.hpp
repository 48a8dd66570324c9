#pragma once

#include "base/time.hpp"

namespace parley::server {

/// The clocks of the machine; everything else is handed the time.
Now current_time();

/// For measuring what takes less than a millisecond.
std::int64_t monotonic_us();

}  // namespace parley::server
