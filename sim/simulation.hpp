#pragma once

#include "sim/plan.hpp"
#include "sim/scene.hpp"
#include "sim/trace.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sim {

/// Turns of people where nobody asks for another number.
constexpr std::int64_t steps_default = 600;

/// The seed chooses the device that is recorded.
constexpr std::string_view any_device_recorded = "any";

struct RunOptions {
    std::uint64_t seed = 1;
    Profile profile = Profile::train;
    ServerDefects defects;
    /// Turns of people, after which everything is healed and must come to rest.
    std::int64_t steps = steps_default;
    Cut cut;
    /// Hears every note of the trace.
    Trace::Listener listener;
    /// Takes what the flight recorder of one device writes; does not change the run.
    core::RecordSink* record_to = nullptr;
    /// Which device that is, or `any_device_recorded`; empty: the first.
    std::string recorded_device;
    /// The deliberate defect that happens in this process, by name: for the command that repeats the run.
    std::string mutant;
    /// It runs twice, whichever seed it is, and must do the same.
    bool twice = false;
};

struct Outcome {
    std::uint64_t seed = 0;
    std::string trace_hash;
    std::optional<Violation> violation;
    /// The last changes of the streams that the violation names, readable.
    std::vector<std::string> last_changes;
    std::map<std::string, std::int64_t> acts;
    std::map<std::string, std::int64_t> faults;
    /// Turns of people and of fate; not in each was something done.
    std::int64_t turns = 0;
    std::int64_t fault_turns = 0;
    std::int64_t acts_done = 0;
    std::int64_t faults_done = 0;
    std::int64_t messages = 0;
    std::int64_t people = 0;
    std::int64_t devices = 0;
    std::int64_t events = 0;
    Duration simulated;
};

/// One world from one seed, from the first sign-in to rest. The same options make the same outcome.
Outcome run(RunOptions options);

}  // namespace parley::sim
