#pragma once

#include <array>
#include <cstdint>
#include <random>

namespace parley::rig {

/// What befalls the packets of one way. Shares are parts per million.
struct Weather {
    std::int64_t delay_us = 0;
    /// Added to the delay, evenly from nothing to this; so a packet can overtake another.
    std::int64_t jitter_us = 0;
    std::int64_t loss_ppm = 0;
    std::int64_t twice_ppm = 0;
};

/// How many copies of a packet arrive, and how late each.
struct Fate {
    int copies = 0;
    std::array<std::int64_t, 2> delays_us{};
};

/// What happened on a way so far, in packets.
struct Tally {
    std::int64_t arrived = 0;
    std::int64_t lost = 0;
    std::int64_t twice = 0;
    std::int64_t late = 0;
    std::int64_t overtaken = 0;
    std::int64_t blocked = 0;

    Tally& operator+=(const Tally& other);
};

/// One direction between two machines. The fate of its n-th packet follows from the seed, n and the weather
/// alone, whatever time it is and whatever passes elsewhere.
class Way {
  public:
    explicit Way(std::uint64_t seed) : chance_(seed) {}

    const Tally& tally() const { return tally_; }
    void weather(const Weather& now) { weather_ = now; }
    /// Nothing passes until it is opened again.
    void block(bool blocked) { blocked_ = blocked; }

    /// A packet sets out.
    Fate depart();
    /// The copy of the packet that set out as number `ordinal` (from 1) is handed over.
    void arrive(std::int64_t ordinal);
    std::int64_t departed() const { return departed_; }

  private:
    bool strikes(std::int64_t share_ppm);

    std::mt19937_64 chance_;
    Weather weather_;
    Tally tally_;
    bool blocked_ = false;
    std::int64_t departed_ = 0;
    std::int64_t newest_arrived_ = 0;
};

}  // namespace parley::rig
