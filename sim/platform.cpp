#include "sim/platform.hpp"

#include <chrono>

namespace parley::sim {

Instant real_time() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

}  // namespace parley::sim
