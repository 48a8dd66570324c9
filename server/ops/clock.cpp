#include "server/ops/clock.hpp"

namespace parley::server {

Now current_time() {
    using namespace std::chrono;
    const auto instant = duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch());
    const auto wall = duration_cast<std::chrono::milliseconds>(system_clock::now().time_since_epoch());
    return {.instant = {instant.count()}, .wall = {wall.count()}};
}

Stamp ClockStamps::stamp() const {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

Stopwatch::Stopwatch() : began_(std::chrono::steady_clock::now()) {}

std::chrono::microseconds Stopwatch::elapsed() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_);
}

}  // namespace parley::server
