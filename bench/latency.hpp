#pragma once

#include "bench/clock.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace parley::bench {

/// A histogram of durations with steps of less than one percent, in constant memory: each power of two of
/// nanoseconds is cut into 128 equal parts.
class Latency {
  public:
    void add(Nanos duration) {
        ++counts_[bucket(static_cast<std::uint64_t>(duration < 0 ? 0 : duration))];
        ++total_;
    }

    std::uint64_t count() const { return total_; }

    /// The duration below which this share (0 … 1) of all lies, in milliseconds; 0 where there are none.
    double percentile_ms(double share) const {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen > wanted || (seen == total_ && total_ > 0)) {
                return static_cast<double>(middle(i)) / static_cast<double>(nanos_per_ms);
            }
        }
        return 0;
    }

  private:
    static constexpr int parts_log2 = 7;
    static constexpr std::uint64_t parts = 1U << parts_log2;

    static std::size_t bucket(std::uint64_t value) {
        if (value < parts) {
            return value;
        }
        const auto shift = static_cast<std::size_t>(std::bit_width(value)) - 1 - parts_log2;
        return (shift + 1) * parts + ((value >> shift) - parts);
    }

    static std::uint64_t middle(std::size_t index) {
        if (index < parts) {
            return index;
        }
        const std::size_t shift = index / parts - 1;
        return ((parts + index % parts) << shift) + ((std::uint64_t{1} << shift) >> 1);
    }

    std::array<std::uint64_t, parts * (64 - parts_log2 + 1)> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace parley::bench
