// sim [--seed N] [--seeds COUNT | --minutes M] [--jobs J] [--steps M] [--profile calm|train|office|hostile]
//     [--shrink] [--trace] [--record FILE [--device NAME]]
// docs/simulator.md says what it is.

#include "core/recorder/ring.hpp"
#include "sim/acts/act.hpp"
#include "sim/campaign.hpp"
#include "sim/faults/fault.hpp"
#include "sim/memory_disk.hpp"
#include "sim/mutants.hpp"
#include "sim/platform.hpp"
#include "sim/shrink.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace parley::sim;
using parley::Instant;

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t seeds = 1;
    std::int64_t minutes = 0;
    std::size_t jobs = 1;
    std::int64_t steps = steps_default;
    std::string profile = "any";
    Cut cut;
    bool shrink = false;
    bool trace = false;
    std::string record;
    std::string device;
    std::string mutant;
    bool mutants = false;
};

RunOptions options_for(const Arguments& arguments, std::uint64_t seed) {
    RunOptions options;
    options.seed = seed;
    options.profile = profile_named(arguments.profile).value_or(profile_of(seed));
    options.steps = arguments.steps;
    options.cut = arguments.cut;
    options.mutant = arguments.mutant;
    return options;
}

bool write(const std::string& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (text.empty()) fmt::print(stderr, "no such device was there to be recorded\n");
    if (!out) fmt::print(stderr, "{} cannot be written\n", file);
    return out && !text.empty();
}

/// Their names, behind those that are there already.
template <class All>
std::vector<std::string> names_of(const All& all, std::vector<std::string> names = {}) {
    for (const auto* one : all)
        names.emplace_back(one->name);
    return names;
}

/// One seed in this process: where it is listened to, and where a debugger wants to be there.
int run_here(const Arguments& arguments) {
    const Instant begun = real_time();
    RunOptions options = options_for(arguments, arguments.seed);
    if (arguments.trace) {
        options.listener = [](Instant at, std::string_view who, std::string_view what,
                              std::string_view bytes) {
            fmt::print("{}\n", line_of(at, who, what, bytes));
        };
    }
    parley::core::WholeRecording recording;
    if (!arguments.record.empty()) {
        options.record_to = &recording;
        options.recorded_device = arguments.device;
    }
    const Verdict verdict = judge(options);
    if (!arguments.record.empty() && !write(arguments.record, recording.text())) return 2;
    print_verdict(verdict, real_time() - begun);
    return verdict.broken ? 1 : 0;
}

int run_smaller(const Arguments& arguments) {
    const Instant begun = real_time();
    const auto smaller = shrink(options_for(arguments, arguments.seed),
                                [](std::string_view step) { fmt::print("{}\n", step); });
    if (!smaller) {
        fmt::print("seed {} breaks nothing: there is nothing to make smaller\n", arguments.seed);
        return 0;
    }
    print_verdict(judge_apart(*smaller), real_time() - begun);
    return 1;
}

/// A deliberate defect is looked for until a seed finds it.
int run_mutant(const Arguments& arguments) {
    const std::string& name = arguments.mutant;
    for (std::uint64_t seed = arguments.seed; seed < arguments.seed + arguments.seeds; ++seed) {
        const Verdict verdict = outline_apart(options_for(arguments, seed));
        if (!verdict.broken) continue;
        if (arguments.seeds == 1) fmt::print("{}", judge_apart(options_for(arguments, seed)).report);
        if (verdict.broken == Verdict::crash_code) {
            fmt::print("mutant {} ends the process at seed {}\n", name, seed);
            return 1;
        }
        fmt::print("mutant {} is caught by promise {} at seed {} after {} seeds\n", name, *verdict.broken,
                   seed, seed - arguments.seed + 1);
        return 0;
    }
    fmt::print("mutant {} survives {} seeds\n", name, arguments.seeds);
    return 1;
}

int run_all(const Arguments& arguments) {
    CampaignOptions options;
    options.options_for = [&](std::uint64_t seed) {
        return options_for(arguments, seed);
    };
    options.first = arguments.seed;
    options.seeds = arguments.seeds;
    options.jobs = arguments.jobs;
    if (arguments.minutes > 0) {
        options.first = seed_of_now();
        options.seeds.reset();
        options.time = parley::seconds(60 * arguments.minutes);
        fmt::print("seeds from {} on, for {} minutes\n", options.first, arguments.minutes);
    }
    return run_campaign(options).failed > 0 ? 1 : 0;
}

/// What was asked for.
int run(Arguments arguments) {
    if (arguments.mutants) {
        fmt::print("{}", list_of_mutants());
        return 0;
    }
    if (!arguments.mutant.empty()) {
        const std::string name = choose_mutant(arguments.mutant);
        if (name.empty()) {
            fmt::print(stderr,
                       "there is no mutant {}: `sim --mutants` lists those of the build in build/mutants\n",
                       arguments.mutant);
            return 2;
        }
        arguments.mutant = name;
    }
    const bool alone = arguments.shrink || arguments.trace || !arguments.record.empty();
    if (alone && (arguments.seeds > 1 || arguments.minutes > 0)) {
        fmt::print(stderr,
                   "--shrink, --trace and --record are for one seed: leave out --seeds and --minutes\n");
        return 2;
    }
    if (arguments.shrink) return run_smaller(arguments);
    if (!arguments.mutant.empty() && !alone) {
        if (arguments.minutes > 0) {
            fmt::print(stderr, "--mutant looks through --seeds: leave out --minutes\n");
            return 2;
        }
        return run_mutant(arguments);
    }
    const bool one = arguments.seeds == 1 && arguments.minutes == 0;
    return one ? run_here(arguments) : run_all(arguments);
}

/// "1-5,9" into a set.
void add_numbers(CLI::App& app, const std::string& name, std::optional<std::set<std::int64_t>>& into,
                 const std::string& what) {
    app.add_option_function<std::string>(
           name,
           [&into](const std::string& text) {
               into = numbers_in(text);
               if (!into) throw CLI::ValidationError("numbers are written like 1-5,9, not like " + text);
           },
           what)
        ->type_name("NUMBERS");
}

}  // namespace

int main(int argc, char** argv) {
    const CLI::Range at_least_one(std::int64_t{1}, std::int64_t{1'000'000'000});
    keep_memory();
    use_sqlite_in_one_thread();
    Arguments arguments;
    CLI::App app("The whole of Parley in one process, on virtual time, from one seed");
    app.add_option("--seed", arguments.seed, "The first seed")->capture_default_str();
    auto* seeds = app.add_option("--seeds", arguments.seeds, "How many seeds, counting up")
                      ->capture_default_str()
                      ->check(at_least_one);
    app.add_option("--minutes", arguments.minutes, "Seeds that the clock chooses, for so long")
        ->check(at_least_one)
        ->excludes(seeds);
    arguments.jobs = cores();
    app.add_option("--jobs", arguments.jobs, "Processes at once")
        ->capture_default_str()
        ->check(CLI::Range(1, 1024));
    app.add_option("--steps", arguments.steps, "Turns of people in each")
        ->capture_default_str()
        ->check(at_least_one);
    app.add_option("--profile", arguments.profile,
                   "calm, train, office, hostile, or what the seed chooses (any)")
        ->capture_default_str()
        ->check(CLI::IsMember({"calm", "train", "office", "hostile", "any"}));
    app.add_option("--people", arguments.cut.people, "At most so many people")->check(at_least_one);
    app.add_option("--devices", arguments.cut.devices, "None of them with more devices than this")
        ->check(at_least_one);
    app.add_option_function<std::vector<std::string>>(
           "--with",
           [&](const std::vector<std::string>& names) { arguments.cut.with = {names.begin(), names.end()}; },
           "A fault that happens in any case, and often, by its name; may be given again")
        ->type_name("NAME")
        ->check(CLI::IsMember(names_of(parley::sim::all_faults())));
    app.add_option_function<std::vector<std::string>>(
           "--without",
           [&](const std::vector<std::string>& names) {
               arguments.cut.without = {names.begin(), names.end()};
           },
           "An act or a fault that does not happen, by its name; may be given again")
        ->type_name("NAME")
        ->check(CLI::IsMember(names_of(parley::sim::all_acts(), names_of(parley::sim::all_faults()))));
    add_numbers(app, "--only-acts", arguments.cut.acts, "Of the turns of people only these");
    add_numbers(app, "--only-faults", arguments.cut.faults, "Of the turns of fate only these");
    app.add_flag("--shrink", arguments.shrink,
                 "Make a seed that fails smaller, and say how to run what is left");
    app.add_flag("--trace", arguments.trace, "Print everything that happens in one seed");
    app.add_option("--record", arguments.record, "Write what one device's flight recorder sees to FILE")
        ->type_name("FILE");
    app.add_option("--device", arguments.device, "Which device that is (the first), or any: the seed chooses")
        ->type_name("NAME");
    app.add_option("--mutant", arguments.mutant,
                   "Let a deliberate defect happen, by number or name, until a seed finds it")
        ->type_name("MUTANT");
    app.add_flag("--mutants", arguments.mutants, "List the deliberate defects of this build");
    CLI11_PARSE(app, argc, argv);
    return run(arguments);
}
