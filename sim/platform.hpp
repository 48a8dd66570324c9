#pragma once

#include "base/time.hpp"

namespace parley::sim {

/// The machine's monotonic clock: only for saying how fast the simulator is.
Instant real_time();

}  // namespace parley::sim
