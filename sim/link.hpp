#pragma once

#include "base/time.hpp"
#include "sim/random.hpp"

#include <cstddef>
#include <cstdint>

namespace parley::sim {

/// The way from one device to the server, as it is right now. Faults change it.
struct Link {
    Duration latency = milliseconds(20);
    Duration jitter = milliseconds(10);
    /// Nothing gets through and the device's system says so: no connection can be made.
    bool up = true;
    /// Of a thousand frames, how many lose a packet; a loss costs the time in which it is noticed, and what
    /// comes behind waits.
    std::int64_t loss = 0;
    /// Bytes a second that fit through in each direction; 0: any number.
    std::int64_t bytes_per_second = 0;
    /// Nothing gets through and nobody is told. What is sent meanwhile is sent again by the systems on both
    /// ends, so that it arrives late, in order, if the connection is still there by then.
    bool silent = false;
    /// The device takes nothing from its socket; what is under way waits, and then the server's sends do.
    bool reads = true;
    /// What the server sends gets back; without it the device is heard and hears nothing, and a connection on
    /// which something was lost so carries nothing back any more.
    bool answers = true;
    /// What the device sends gets there; without it the device hears and is not heard, likewise.
    bool questions = true;

    /// How long one packet takes now.
    Duration delay(Random& random) const {
        return {latency.ms +
                static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(jitter.ms) + 1))};
    }
    /// How long so many bytes take now, from the moment at which what was sent before has left.
    Duration transfer(std::size_t bytes, Random& random) const {
        const std::int64_t lost =
            loss > 0 && random.per_mille(loss) ? 200 + 2 * latency.ms + 2 * jitter.ms : 0;
        const std::int64_t squeezed =
            bytes_per_second == 0 ? 0 : static_cast<std::int64_t>(bytes) * 1000 / bytes_per_second;
        return {lost + squeezed};
    }
};

}  // namespace parley::sim
