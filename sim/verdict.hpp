#pragma once

#include "sim/simulation.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace parley::sim {

/// What came of one seed, for people and for sums; can be told from one process to another.
struct Verdict {
    std::uint64_t seed = 0;
    std::string trace_hash;
    /// The number of the promise that was broken (0: the world itself is out of order), or `crash_code`.
    std::optional<int> broken;
    /// What is to be read where one was broken.
    std::string report;
    /// Turns, acts, faults, messages, simulated milliseconds, and each kind of act and fault.
    std::map<std::string, std::int64_t> counts;

    static constexpr int crash_code = -1;

    std::int64_t count(const std::string& name) const;
    std::string encoded() const;
    /// Nothing where it is not what `encoded` made.
    static std::optional<Verdict> decode(std::string_view text);
};

/// Runs the seed, in this process. One in a hundred runs twice, and must do the same.
Verdict judge(const RunOptions& options);

/// The same in a process of its own, so that what ends the process is a verdict too.
Verdict judge_apart(const RunOptions& options);

/// Runs the seed in a process of its own, so that what ends the process is a verdict too: once, or twice
/// where the options say so. No report.
Verdict outline_apart(const RunOptions& options);

/// What came of a seed whose process ended before its work.
Verdict crashed(const RunOptions& options, const std::string& end);

/// The words that make the simulator do this run again.
std::string command_of(const RunOptions& options);

/// A note of the trace as a line for people: frames as the types and numbers of their envelopes.
std::string line_of(Instant at, std::string_view who, std::string_view what, std::string_view bytes);

}  // namespace parley::sim
