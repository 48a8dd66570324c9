#pragma once

#include "client/platform.hpp"

namespace parley::client {

/// When a test that waits for the kernel gives up.
inline Instant soon() {
    return read_clocks().instant + seconds(5);
}

}  // namespace parley::client
