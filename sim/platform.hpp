#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>

namespace parley::sim {

/// The machine's monotonic clock: only for saying how fast the simulator is, and for when a soak ends.
Instant real_time();

/// What this process and those that it waited for have used of all cores together.
Duration processor_time();

/// A seed that nobody has run before, most likely: from the machine's wall clock.
std::uint64_t seed_of_now();

/// Memory that was given back is kept for the next one who asks: disks are copied all the time.
void keep_memory();

/// Those that this process may use.
std::size_t cores();

}  // namespace parley::sim
