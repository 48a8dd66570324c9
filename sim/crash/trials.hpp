#pragma once

#include "sim/crash/finding.hpp"
#include "sim/crash/rot.hpp"
#include "sim/crash/world.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sim::crash {

struct Trial {
    Toll toll;
    std::set<std::uint64_t> seeds;
    std::vector<Finding> findings;
    std::int64_t took_ms = 0;
};

/// Worlds one after another until they have been through so many power losses or (failing syncs) so many
/// lives. Ends early after a few worlds with findings.
Trial try_worlds(Seeds seeds, Ends ends, std::int64_t count, Defect defect);

std::optional<Defect> defect_named(std::string_view name);
/// The names of all, `none` first.
std::vector<std::string> defect_names();

/// For people: what the trials went through, side by side.
std::string table_of(const Trial& power_losses, const Trial& failing_syncs);
std::string table_of(const Rot& rot);

}  // namespace parley::sim::crash
