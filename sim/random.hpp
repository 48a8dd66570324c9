#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace parley::sim {

/// The one source of chance: xoshiro256** seeded by splitmix64 (Blackman and Vigna), the same on every
/// machine. Parts of the world take forks of it by name, so that one part's appetite for chance does not move
/// another's.
class Random {
  public:
    explicit Random(std::uint64_t seed);

    std::uint64_t next();
    /// Even over 0 … bound - 1; bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Even over both ends and what lies between.
    std::int64_t between(std::int64_t low, std::int64_t high);
    bool per_mille(std::int64_t chance) { return static_cast<std::int64_t>(below(1000)) < chance; }
    void fill(std::span<std::uint8_t> bytes);

    template <class T>
    const T& pick(const std::vector<T>& from) {
        assert(!from.empty());
        return from[static_cast<std::size_t>(below(from.size()))];
    }

    /// A generator of its own for the part of that name; does not move this one.
    Random fork(std::string_view name) const;

  private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace parley::sim
