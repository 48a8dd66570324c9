#include "server/ops/clock.hpp"

#include <chrono>

namespace parley::server {

Now current_time() {
    using namespace std::chrono;
    const auto instant = duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch());
    const auto wall = duration_cast<std::chrono::milliseconds>(system_clock::now().time_since_epoch());
    return {.instant = {instant.count()}, .wall = {wall.count()}};
}

std::int64_t monotonic_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace parley::server
