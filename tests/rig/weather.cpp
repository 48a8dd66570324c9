#include "tests/rig/weather.hpp"

#include <algorithm>

namespace parley::rig {

namespace {

constexpr std::uint64_t million = 1'000'000;

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
    arrived += other.arrived;
    lost += other.lost;
    twice += other.twice;
    late += other.late;
    overtaken += other.overtaken;
    blocked += other.blocked;
    return *this;
}

bool Way::strikes(std::int64_t share_ppm) {
    return chance_() % million < static_cast<std::uint64_t>(share_ppm);
}

Fate Way::depart() {
    ++departed_;
    // Always the same number of draws, so that a change of weather does not change the fates after it.
    const bool lost = strikes(weather_.loss_ppm);
    const bool twice = strikes(weather_.twice_ppm);
    Fate fate{.copies = twice ? 2 : 1};
    for (auto& delay : fate.delays_us) {
        const auto span = static_cast<std::uint64_t>(weather_.jitter_us) + 1;
        delay = weather_.delay_us + static_cast<std::int64_t>(chance_() % span);
    }
    if (blocked_) {
        ++tally_.blocked;
        return {};
    }
    if (lost) {
        ++tally_.lost;
        return {};
    }
    tally_.twice += twice;
    tally_.late += fate.delays_us[0] > 0;
    return fate;
}

void Way::arrive(std::int64_t ordinal) {
    ++tally_.arrived;
    tally_.overtaken += ordinal < newest_arrived_;
    newest_arrived_ = std::max(newest_arrived_, ordinal);
}

}  // namespace parley::rig
