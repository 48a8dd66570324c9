// sim --seed N [--seeds COUNT] [--steps M] [--profile calm|train|hostile|all] [--trace]
//     [--record FILE [--device NAME]]

#include "core/recorder/ring.hpp"
#include "protocol/codec.hpp"
#include "sim/platform.hpp"
#include "sim/simulation.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <fstream>
#include <string>
#include <vector>

namespace {

using parley::Instant;
using parley::sim::Outcome;
using parley::sim::Profile;
using parley::sim::RunOptions;

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t seeds = 1;
    std::int64_t steps = 300;
    std::string profile = "all";
    bool trace = false;
    std::string record;
    std::string device;
};

/// A frame as the types and numbers of its envelopes; anything else as it is, where people can read it.
std::string readable(std::string_view what, std::string_view bytes) {
    if (what != "said" && what != "heard" && what != "frame") return std::string(bytes);
    const auto encoding =
        bytes.starts_with('{') ? parley::protocol::Encoding::json : parley::protocol::Encoding::cbor;
    const auto envelopes = parley::protocol::decode_frame(bytes, encoding);
    if (!envelopes) return "?";
    std::string text;
    for (const auto& decoded : *envelopes) {
        const auto* envelope = std::get_if<parley::protocol::Envelope>(&decoded);
        text += (text.empty() ? "" : " | ") + (envelope ? parley::protocol::describe(*envelope) : "refused");
    }
    return text;
}

std::string line_of(Instant at, std::string_view who, std::string_view what, std::string_view bytes) {
    return fmt::format("{:>9} {:<8} {:<12} {}", at.ms - 1'000'000, who, what, readable(what, bytes));
}

RunOptions options_for(const Arguments& arguments, std::uint64_t seed) {
    RunOptions options;
    options.scene.seed = seed;
    options.scene.profile = arguments.profile == "all" ? parley::sim::kProfiles[seed % 3]
                                                       : *parley::sim::profile_named(arguments.profile);
    options.acts = arguments.steps;
    return options;
}

/// The same run again, listened to: the end of what concerned the devices that the violation names.
void print_last_notes(const Arguments& arguments, const Outcome& failed) {
    constexpr std::size_t kNotes = 60;
    const auto& devices = failed.violation->devices;
    std::deque<std::string> notes;
    RunOptions options = options_for(arguments, failed.seed);
    options.listener = [&](Instant at, std::string_view who, std::string_view what, std::string_view bytes) {
        const bool concerned =
            who == "server" || who == "world" || std::ranges::find(devices, who) != devices.end();
        if (!concerned || what == "frame") return;
        notes.push_back(line_of(at, who, what, bytes));
        if (notes.size() > kNotes) notes.pop_front();
    };
    parley::sim::run(std::move(options));
    for (const auto& note : notes)
        fmt::print("    {}\n", note);
}

void print_failure(const Arguments& arguments, const Outcome& outcome) {
    const auto& violation = *outcome.violation;
    fmt::print("seed {}, profile {}: promise {} is broken\n  {}\n", outcome.seed,
               parley::sim::name_of(options_for(arguments, outcome.seed).scene.profile), violation.promise,
               violation.what);
    for (const auto& line : outcome.last_changes)
        fmt::print("    {}\n", line);
    print_last_notes(arguments, outcome);
}

struct Sums {
    std::int64_t acts = 0;
    std::int64_t faults = 0;
    std::int64_t messages = 0;
    std::int64_t simulated_ms = 0;
    std::map<std::string, std::int64_t> by_name;

    void add(const Outcome& outcome) {
        acts += outcome.acts_done;
        faults += outcome.faults_done;
        messages += outcome.messages;
        simulated_ms += outcome.simulated.ms;
        for (const auto& [name, count] : outcome.acts)
            by_name["act: " + name] += count;
        for (const auto& [name, count] : outcome.faults)
            by_name["fault: " + name] += count;
    }
};

void print_summary(const Sums& sums, std::uint64_t seeds, std::int64_t real_ms) {
    for (const auto& [name, count] : sums.by_name)
        fmt::print("  {:<40} {:>8}\n", name, count);
    const auto per_seed = [&](std::int64_t sum) {
        return static_cast<double>(sum) / static_cast<double>(seeds);
    };
    const double real = static_cast<double>(std::max<std::int64_t>(real_ms, 1));
    fmt::print(
        "{} seeds: {:.0f} acts, {:.1f} faults, {:.0f} messages a seed; {:.1f} s; {:.0f} simulated seconds a "
        "second\n",
        seeds, per_seed(sums.acts), per_seed(sums.faults), per_seed(sums.messages), real / 1000,
        static_cast<double>(sums.simulated_ms) / real);
}

/// Where the recording of a seed goes: with several seeds each has its own.
std::string file_for(const Arguments& arguments, std::uint64_t seed) {
    return arguments.seeds == 1 ? arguments.record : fmt::format("{}.{}", arguments.record, seed);
}

bool write(const std::string& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.flush();
    if (text.empty()) fmt::print(stderr, "no such device was there to be recorded\n");
    if (!out) fmt::print(stderr, "{} cannot be written\n", file);
    return out && !text.empty();
}

int run_all(const Arguments& arguments) {
    const Instant begun = parley::sim::real_time();
    Sums sums;
    std::uint64_t failed = 0;
    Outcome last;
    for (std::uint64_t seed = arguments.seed; seed < arguments.seed + arguments.seeds; ++seed) {
        RunOptions options = options_for(arguments, seed);
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
        Outcome outcome = parley::sim::run(std::move(options));
        if (!arguments.record.empty() && !write(file_for(arguments, seed), recording.text())) return 2;
        sums.add(outcome);
        if (outcome.violation) {
            print_failure(arguments, outcome);
            ++failed;
        }
        if (outcome.violation || !last.violation) last = std::move(outcome);
    }
    print_summary(sums, arguments.seeds, (parley::sim::real_time() - begun).ms);
    if (failed > 0) fmt::print("{} of {} seeds failed\n", failed, arguments.seeds);
    fmt::print("seed {} {} {}\n", last.seed, last.violation ? "failed" : "passed", last.trace_hash);
    return failed > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app("The whole of Parley in one process, on virtual time, from one seed");
    app.add_option("--seed", arguments.seed, "The first seed")->capture_default_str();
    app.add_option("--seeds", arguments.seeds, "How many seeds, counting up")->capture_default_str();
    app.add_option("--steps", arguments.steps, "Acts of people in each")->capture_default_str();
    app.add_option("--profile", arguments.profile, "calm, train, hostile, or all in turn")
        ->capture_default_str()
        ->check(CLI::IsMember({"calm", "train", "hostile", "all"}));
    app.add_flag("--trace", arguments.trace, "Print everything that happens");
    app.add_option("--record", arguments.record,
                   "Write what one device's flight recorder sees to FILE (FILE.SEED where there are several)")
        ->type_name("FILE");
    app.add_option("--device", arguments.device, "Which device that is (the first)")->type_name("NAME");
    CLI11_PARSE(app, argc, argv);
    return run_all(arguments);
}
