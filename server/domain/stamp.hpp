#pragma once

#include <compare>
#include <cstdint>

namespace parley::server {

/// A moment of a monotonic clock in microseconds, since much of what a server does takes less than the
/// milliseconds of `Instant`. Only measured by, never decided by. 0: none was taken.
struct Stamp {
    std::int64_t us = 0;

    friend constexpr auto operator<=>(Stamp, Stamp) = default;
};

/// Where stamps come from. Any thread may ask.
class Stamps {
  public:
    virtual ~Stamps() = default;
    virtual Stamp stamp() const = 0;
};

/// Where nothing is measured: every stamp is none.
inline const Stamps& no_stamps() {
    struct None final : Stamps {
        Stamp stamp() const override { return {}; }
    };
    static const None none;
    return none;
}

}  // namespace parley::server
