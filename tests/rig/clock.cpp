#include "tests/rig/clock.hpp"

#include <chrono>

namespace parley::rig {

std::int64_t now_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace parley::rig
