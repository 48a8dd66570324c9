// store_crashes: what the store keeps through power losses, failing syncs and flipped bits.

#include "sim/crash/workers.hpp"
#include "sim/platform.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace parley;
using namespace parley::sim::crash;

constexpr std::size_t findings_shown_max = 20;
constexpr int workers_max = 64;

struct Arguments {
    Amount amount;
    std::uint64_t seed = 1;
    int workers = 2;
    std::string defect = "none";
    std::string out;
    std::vector<std::string> sum;
};

/// Each world once more by itself: the seeds are printed with what is wrong.
void print(std::string_view trial, std::string_view again, const std::vector<Finding>& findings,
           const Arguments& arguments) {
    for (std::size_t i = 0; i < findings.size() && i < findings_shown_max; ++i)
        fmt::print("{}, seed {}: {}\n", trial, findings[i].seed, findings[i].what);
    if (findings.size() > findings_shown_max)
        fmt::print("    and {} more\n", findings.size() - findings_shown_max);
    if (findings.empty()) return;
    fmt::print("    again: store_crashes --seed {} {} --workers 1 --defect {}\n", findings.front().seed,
               again, arguments.defect);
}

/// False: something was found, or is not shown.
bool print(const Results& results, const Arguments& arguments) {
    const auto& [power, syncs, flipped] = results;
    fmt::print("{}\n{}\n", table_of(power, syncs), table_of(flipped));
    print("power losses", "--power-losses 1 --lives 0 --flips 0", power.findings, arguments);
    print("failing syncs", "--power-losses 0 --lives 1 --flips 0", syncs.findings, arguments);
    print("flipped bits", "--power-losses 0 --lives 0 --flips 50", flipped.findings, arguments);
    const auto missing = not_shown(results, arguments.amount);
    for (const auto& what : missing)
        fmt::print("not shown: {}\n", what);
    const bool sound = results.sound() && missing.empty();
    fmt::print("store_crashes: {} power losses with {} acknowledged rows, {} lives with failing syncs, ",
               power.toll.power_losses, power.toll.told.rows, syncs.toll.lives);
    fmt::print("{} of {} flipped bits in rows found: {}\n", flipped.parts.front().found,
               flipped.parts.front().flips,
               sound ? "nothing lost, nothing corrupt, nothing bad served" : "FAILED");
    return sound;
}

/// Each worker does its share with seeds of its own.
Results share_of(int worker, const Arguments& arguments) {
    const auto defect = *defect_named(arguments.defect);
    const auto share = [&](std::int64_t whole) {
        return whole / arguments.workers + (worker < whole % arguments.workers ? 1 : 0);
    };
    const Seeds seeds{.first = arguments.seed + static_cast<std::uint64_t>(worker),
                      .step = static_cast<std::uint64_t>(arguments.workers)};
    return {
        .power_losses = try_worlds(seeds, Ends::power_losses, share(arguments.amount.power_losses), defect),
        .failing_syncs = try_worlds(seeds, Ends::failing_syncs, share(arguments.amount.lives), defect),
        .rot = rot(seeds, share(arguments.amount.flips), defect)};
}

Result<Results> sum_of(const std::vector<std::string>& files) {
    Results sum;
    for (const auto& name : files) {
        std::ifstream file(name, std::ios::binary);
        const auto results = decode_results(std::string(std::istreambuf_iterator<char>(file), {}));
        const auto added = results ? add(sum, *results) : Status{fail(results.error())};
        if (!added) return fail(added.error().code, name + ": " + added.error().context);
    }
    return sum;
}

int run(const Arguments& arguments) {
    const auto begun = sim::real_time();
    const auto results =
        arguments.sum.empty()
            ? in_processes(arguments.workers, [&](int worker) { return share_of(worker, arguments); })
            : sum_of(arguments.sum);
    if (!results) {
        fmt::print("store_crashes: {}\n", results.error().context);
        return 1;
    }
    if (arguments.sum.empty())
        fmt::print("{} s with {} processes\n\n", (sim::real_time() - begun).ms / 1'000, arguments.workers);
    const bool sound = print(*results, arguments);
    if (!arguments.out.empty() && !(std::ofstream(arguments.out) << encode(*results) << std::flush)) {
        fmt::print("store_crashes: cannot write {}\n", arguments.out);
        return 1;
    }
    return sound ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app("The store alone, on a disk in memory that loses its power, fails its syncs and rots");
    app.add_option("--power-losses", arguments.amount.power_losses, "At least so many power losses")
        ->capture_default_str();
    app.add_option("--lives", arguments.amount.lives,
                   "At least so many lives in which five of a hundred syncs fail")
        ->capture_default_str();
    app.add_option("--flips", arguments.amount.flips,
                   "Bits flipped in rows, and as many in each other part of the file")
        ->capture_default_str();
    app.add_option("--seed", arguments.seed, "The seed of the first store; each has the next one")
        ->capture_default_str();
    app.add_option("--workers", arguments.workers, "Processes that share the work")
        ->capture_default_str()
        ->check(CLI::Range(1, workers_max));
    app.add_option("--defect", arguments.defect, "A deliberate defect, which has to be found")
        ->capture_default_str()
        ->check(CLI::IsMember(defect_names()));
    app.add_option("--out", arguments.out, "Writes the results into this file too, for --sum");
    app.add_option("--sum", arguments.sum,
                   "Runs nothing, and adds up the results in these files, which must be so much in all");
    CLI11_PARSE(app, argc, argv);
    return run(arguments);
}
