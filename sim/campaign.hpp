#pragma once

#include "sim/verdict.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace parley::sim {

struct CampaignOptions {
    /// The options of each seed.
    std::function<RunOptions(std::uint64_t seed)> options_for;
    std::uint64_t first = 1;
    /// How many seeds; nothing: until the time is over.
    std::optional<std::uint64_t> seeds;
    Duration time;
    /// So many processes at once.
    std::size_t jobs = 1;
    /// No further seeds once one has failed.
    bool until_broken = false;
};

struct Tally {
    std::uint64_t seeds = 0;
    std::uint64_t failed = 0;
    /// The first that failed.
    std::optional<Verdict> broken;
};

/// Runs many seeds, in processes that do one after the other, tells in their order which broke a promise, and
/// prints what they did together. The last line says seed, verdict and trace hash: of the last that failed,
/// or else of the last.
Tally run_campaign(const CampaignOptions& options);

/// Prints what came of one seed alone.
void print_verdict(const Verdict& verdict, Duration real);

}  // namespace parley::sim
