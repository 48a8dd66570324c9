#pragma once

#include "base/result.hpp"
#include "sim/crash/trials.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sim::crash {

/// What a run of the crash tests has been through, or one slice of it.
struct Results {
    Trial power_losses;
    Trial failing_syncs;
    Rot rot;

    bool sound() const {
        return power_losses.findings.empty() && failing_syncs.findings.empty() && rot.findings.empty();
    }
};

/// A whole run, and what it has to show at least.
inline constexpr std::int64_t whole_power_losses = 60'000;
inline constexpr std::int64_t whole_acknowledged_rows = 500'000;
inline constexpr std::int64_t whole_lives = 9'000;
inline constexpr std::int64_t whole_flips = 200;

/// How much a run is to be.
struct Amount {
    std::int64_t power_losses = whole_power_losses;
    std::int64_t lives = whole_lives;
    /// In each part of the file.
    std::int64_t flips = whole_flips;
};

/// What the results do not show, one sentence each: so much as was asked for; where that is so many power
/// losses as a whole run has, that many rows that were acknowledged meanwhile; and of any flipped bits in
/// rows, that reading or the scrubber found each.
std::vector<std::string> not_shown(const Results& results, const Amount& asked);

void add(Toll& sum, const Toll& other);
/// `invalid` where both have been through the same seed: nothing counts twice.
Status add(Results& sum, const Results& other);

/// Lines of a name and a number each, the findings behind them: for files, and between processes.
std::string encode(const Results& results);
/// `invalid` where it is anything but that.
Result<Results> decode_results(std::string_view text);

}  // namespace parley::sim::crash
