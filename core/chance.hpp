#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"
#include "core/ports/primitives.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace parley::core {

inline Uuid make_uuid(Primitives& primitives, WallTime wall) {
    std::array<std::uint8_t, 10> random{};
    primitives.random(random);
    return Uuid::version7(wall, random);
}

/// How long to wait before the try after `failures` failed ones: any length up to a ceiling that starts at
/// 0.5 s and doubles up to 30 s (full jitter), so that many clients that lost the same server come back
/// spread out.
inline Duration backoff(Primitives& primitives, int failures) {
    const std::int64_t doubled = limits::backoff_ms_min << std::clamp(failures - 1, 0, 10);
    const std::int64_t ceiling = std::min(doubled, limits::backoff_ms_max);
    std::array<std::uint8_t, 4> random{};
    primitives.random(random);
    const auto number = std::bit_cast<std::uint32_t>(random);
    return milliseconds(static_cast<std::int64_t>(number) * ceiling / UINT32_MAX);
}

}  // namespace parley::core
