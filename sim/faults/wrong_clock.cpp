#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Its wall clock jumps; timers go by the other one.
bool strike_wrong_clock(Scene& scene) {
    Device* device = any_device(scene);
    if (device == nullptr) return false;
    Random& random = scene.world().random();
    constexpr std::int64_t day_ms = 86'400'000;
    // Mostly within a day; now and then its battery was empty, or somebody played with it.
    const auto luck = random.below(12);
    const std::int64_t days = luck == 0 ? 100 : luck == 1 ? -4 : 0;
    device->node->clock_error() = milliseconds(days * day_ms + random.between(-day_ms, day_ms));
    return true;
}

}  // namespace

extern const Fault wrong_clock;
const Fault wrong_clock{
    .name = "set a device's clock", .weights = {1, 2, 4, 4}, .strike = strike_wrong_clock};

}  // namespace parley::sim
