// store_crashes: what the store keeps through power losses, failing syncs and flipped bits.

#include "sim/crash/trials.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace parley::sim::crash;

constexpr std::size_t findings_shown_max = 20;

struct Arguments {
    std::int64_t power_losses = 60'000;
    std::int64_t lives = 9'000;
    std::int64_t flips = 200;
    std::uint64_t seed = 1;
    std::string defect = "none";
};

/// Each world once more by itself: the seeds are printed with what is wrong.
void print(std::string_view trial, std::string_view again, const std::vector<Finding>& findings,
           const Arguments& arguments) {
    for (std::size_t i = 0; i < findings.size() && i < findings_shown_max; ++i)
        fmt::print("{}, seed {}: {}\n", trial, findings[i].seed, findings[i].what);
    if (findings.size() > findings_shown_max)
        fmt::print("    and {} more\n", findings.size() - findings_shown_max);
    if (findings.empty()) return;
    fmt::print("    again: store_crashes --seed {} {} --defect {}\n", findings.front().seed, again,
               arguments.defect);
}

int run(const Arguments& arguments) {
    const auto defect = *defect_named(arguments.defect);
    const auto power = try_worlds(arguments.seed, Ends::power_losses, arguments.power_losses, defect);
    const auto syncs = try_worlds(arguments.seed, Ends::failing_syncs, arguments.lives, defect);
    fmt::print("{}\n", table_of(power, syncs));
    const auto flipped = rot(arguments.seed, arguments.flips, defect);
    fmt::print("{}\n", table_of(flipped));
    print("power losses", "--power-losses 1 --lives 0 --flips 0", power.findings, arguments);
    print("failing syncs", "--power-losses 0 --lives 1 --flips 0", syncs.findings, arguments);
    print("flipped bits", "--power-losses 0 --lives 0 --flips 50", flipped.findings, arguments);
    const bool sound = power.findings.empty() && syncs.findings.empty() && flipped.findings.empty();
    fmt::print(
        "store_crashes, seed {}: {} power losses with {} acknowledged rows, {} lives with failing syncs, ",
        arguments.seed, power.toll.power_losses, power.toll.told.rows, syncs.toll.lives);
    fmt::print("{} of {} flipped bits in rows found: {}\n", flipped.parts.front().found,
               flipped.parts.front().flips,
               sound ? "nothing lost, nothing corrupt, nothing bad served" : "FAILED");
    return sound ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app("The store alone, on a disk in memory that loses its power, fails its syncs and rots");
    app.add_option("--power-losses", arguments.power_losses, "At least so many power losses")
        ->capture_default_str();
    app.add_option("--lives", arguments.lives, "At least so many lives in which five of a hundred syncs fail")
        ->capture_default_str();
    app.add_option("--flips", arguments.flips,
                   "Bits flipped in rows, and as many in each other part of the file")
        ->capture_default_str();
    app.add_option("--seed", arguments.seed, "The seed of the first store; each has the next one")
        ->capture_default_str();
    app.add_option("--defect", arguments.defect, "A deliberate defect, which has to be found")
        ->capture_default_str()
        ->check(CLI::IsMember(defect_names()));
    CLI11_PARSE(app, argc, argv);
    return run(arguments);
}
