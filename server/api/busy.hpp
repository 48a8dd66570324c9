#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <cstdint>

namespace parley::server {

/// After so long a refused request is worth another try: a full queue is worked off in less.
inline constexpr std::int64_t busy_retry_ms = 500;

/// A queue is full.
inline Error busy() {
    return {ErrorCode::unavailable, "The server is busy.", busy_retry_ms, {}};
}

}  // namespace parley::server
