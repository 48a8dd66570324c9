#pragma once

#include "base/time.hpp"
#include "sim/random.hpp"

namespace parley::sim {

/// The way from one device to the server, as it is right now. Faults change it.
struct Link {
    Duration latency = milliseconds(20);
    Duration jitter = milliseconds(10);
    /// Nothing gets through and the device's system says so: no connection can be made.
    bool up = true;
    /// Nothing gets through and nobody is told: what is sent vanishes, in both directions.
    bool silent = false;
    /// The device takes nothing from its socket; what is under way waits, and then the server's sends do.
    bool reads = true;

    /// How long one packet takes now.
    Duration delay(Random& random) const {
        return {latency.ms +
                static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(jitter.ms) + 1))};
    }
};

}  // namespace parley::sim
