#include "sim/verdict.hpp"

#include "protocol/codec.hpp"
#include "sim/crew.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <functional>
#include <utility>
#include <variant>
#include <vector>

namespace parley::sim {

namespace {

/// One seed in so many runs twice.
constexpr std::uint64_t twice = 100;
/// Notes of the trace that a report ends with.
constexpr std::size_t notes_shown = 60;
constexpr unsigned seconds_max = 300;
/// In the place of a hash where the process ended and took its trace along.
constexpr std::string_view no_trace = "0000000000000000";

/// A frame as the types and numbers of its envelopes; anything else as it is, where people can read it.
std::string readable(std::string_view what, std::string_view bytes) {
    if (what != "said" && what != "heard" && what != "frame") return std::string(bytes);
    const auto encoding = bytes.starts_with('{') ? protocol::Encoding::json : protocol::Encoding::cbor;
    const auto envelopes = protocol::decode_frame(bytes, encoding);
    if (!envelopes) return "?";
    std::string text;
    for (const auto& decoded : *envelopes) {
        const auto* envelope = std::get_if<protocol::Envelope>(&decoded);
        text += (text.empty() ? "" : " | ") + (envelope ? protocol::describe(*envelope) : "refused");
    }
    return text;
}

/// The same run again, listened to: the end of what concerned the devices that the violation names.
std::string last_notes(const RunOptions& options, const Violation& violation) {
    std::deque<std::string> notes;
    RunOptions again = options;
    again.record_to = nullptr;
    again.listener = [&](Instant at, std::string_view who, std::string_view what, std::string_view bytes) {
        const bool concerned = who == "server" || who == "world" ||
                               std::ranges::find(violation.devices, who) != violation.devices.end();
        if (!concerned || what == "frame") return;
        notes.push_back(line_of(at, who, what, bytes));
        if (notes.size() > notes_shown) notes.pop_front();
    };
    run(std::move(again));
    std::string text;
    for (const auto& note : notes)
        text += "    " + note + "\n";
    return text;
}

std::string headline(const RunOptions& options, std::string_view what) {
    return fmt::format("seed {}, profile {}: {}\n", options.seed, name_of(options.profile), what);
}

std::string report_of(const RunOptions& options, const Outcome& outcome) {
    const Violation& violation = *outcome.violation;
    std::string text =
        headline(options, fmt::format("promise {} is broken\n  {}", violation.promise, violation.what));
    for (const auto& line : outcome.last_changes)
        text += "    " + line + "\n";
    return text + last_notes(options, violation) + "  again: " + command_of(options) + "\n";
}

std::vector<std::string> notes_of(RunOptions options) {
    std::vector<std::string> notes;
    options.record_to = nullptr;
    options.listener = [&](Instant at, std::string_view who, std::string_view what, std::string_view bytes) {
        notes.push_back(line_of(at, who, what, what == "frame" ? "" : bytes));
    };
    run(std::move(options));
    return notes;
}

/// Two runs went apart: where.
std::string report_of_difference(const RunOptions& options, const std::string& first,
                                 const std::string& second) {
    const auto one = notes_of(options);
    const auto two = notes_of(options);
    const auto [here, there] = std::ranges::mismatch(one, two);
    std::string text = headline(options, "the same run did not do the same: " + first + ", " + second);
    if (here != one.end()) text += "    once:  " + *here + "\n";
    if (there != two.end()) text += "    again: " + *there + "\n";
    return text + "  again: " + command_of(options) + "\n";
}

Verdict verdict_of(const RunOptions& options, const Outcome& outcome) {
    Verdict verdict{.seed = options.seed,
                    .trace_hash = outcome.trace_hash,
                    .broken = {},
                    .report = {},
                    .counts = {{"turns", outcome.turns},
                               {"turns of fate", outcome.fault_turns},
                               {"acts", outcome.acts_done},
                               {"faults", outcome.faults_done},
                               {"messages", outcome.messages},
                               {"people", outcome.people},
                               {"devices", outcome.devices},
                               {"events", outcome.events},
                               {"simulated ms", outcome.simulated.ms}}};
    for (const auto& [name, count] : outcome.acts)
        verdict.counts["act: " + name] = count;
    for (const auto& [name, count] : outcome.faults)
        verdict.counts["fault: " + name] = count;
    return verdict;
}

std::string_view taken_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

template <class Number>
bool number_in(std::string_view text, Number& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc() && end == text.data() + text.size();
}

Verdict apart(const RunOptions& options, const std::function<Verdict()>& work) {
    const Finished finished = run_apart([&] { return work().encoded(); }, seconds_max);
    const auto verdict = finished.text ? Verdict::decode(*finished.text) : std::nullopt;
    return verdict ? *verdict : crashed(options, finished.end);
}

}  // namespace

std::int64_t Verdict::count(const std::string& name) const {
    const auto found = counts.find(name);
    return found == counts.end() ? 0 : found->second;
}

// Four lines (seed, hash, promise or nothing, how many counts), a line for each count, one that says
// `report`, and the report.
std::string Verdict::encoded() const {
    std::string text = fmt::format("{}\n{}\n{}\n{}\n", seed, trace_hash,
                                   broken ? std::to_string(*broken) : std::string(), counts.size());
    for (const auto& [name, count] : counts)
        text += fmt::format("{} {}\n", count, name);
    return text + "report\n" + report;
}

std::optional<Verdict> Verdict::decode(std::string_view text) {
    Verdict verdict;
    std::size_t counts = 0;
    if (!number_in(taken_line(text), verdict.seed)) return std::nullopt;
    verdict.trace_hash = taken_line(text);
    const std::string_view broken = taken_line(text);
    if (!broken.empty() && !number_in(broken, verdict.broken.emplace())) return std::nullopt;
    if (!number_in(taken_line(text), counts)) return std::nullopt;
    for (; counts > 0; --counts) {
        const std::string_view line = taken_line(text);
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) return std::nullopt;
        if (!number_in(line.substr(0, space), verdict.counts[std::string(line.substr(space + 1))]))
            return std::nullopt;
    }
    if (taken_line(text) != "report") return std::nullopt;
    verdict.report = text;
    return verdict;
}

Verdict judge(const RunOptions& options) {
    const Outcome outcome = run(options);
    Verdict verdict = verdict_of(options, outcome);
    if (outcome.violation) {
        verdict.broken = outcome.violation->promise;
        verdict.report = report_of(options, outcome);
    } else if ((options.twice || options.seed % twice == 0) && options.record_to == nullptr &&
               !options.listener) {
        const std::string again = run(options).trace_hash;
        if (again == outcome.trace_hash) return verdict;
        verdict.broken = 0;
        verdict.report = report_of_difference(options, outcome.trace_hash, again);
    }
    return verdict;
}

Verdict crashed(const RunOptions& options, const std::string& end) {
    return {.seed = options.seed,
            .trace_hash = std::string(no_trace),
            .broken = Verdict::crash_code,
            .report = headline(options, "the process " + end) + "  again: " + command_of(options) + "\n",
            .counts = {}};
}

Verdict judge_apart(const RunOptions& options) {
    return apart(options, [&] { return judge(options); });
}

Verdict outline_apart(const RunOptions& options) {
    return apart(options, [&] {
        const Outcome outcome = run(options);
        Verdict verdict = verdict_of(options, outcome);
        if (outcome.violation)
            verdict.broken = outcome.violation->promise;
        else if (options.twice && run(options).trace_hash != outcome.trace_hash)
            verdict.broken = 0;
        return verdict;
    });
}

std::string command_of(const RunOptions& options) {
    std::string text = fmt::format("sim --seed {} --profile {} --steps {}", options.seed,
                                   name_of(options.profile), options.steps);
    const auto numbers = [&](std::string_view option, const std::optional<std::set<std::int64_t>>& only) {
        if (only) text += fmt::format(" --{} '{}'", option, text_of(*only));
    };
    if (!options.mutant.empty()) text += " --mutant " + options.mutant;
    if (options.cut.people) text += fmt::format(" --people {}", *options.cut.people);
    if (options.cut.devices) text += fmt::format(" --devices {}", *options.cut.devices);
    for (const auto& name : options.cut.with)
        text += fmt::format(" --with '{}'", name);
    for (const auto& name : options.cut.without)
        text += fmt::format(" --without '{}'", name);
    numbers("only-acts", options.cut.acts);
    numbers("only-faults", options.cut.faults);
    return text;
}

std::string line_of(Instant at, std::string_view who, std::string_view what, std::string_view bytes) {
    return fmt::format("{:>9} {:<8} {:<12} {}", at.ms - 1'000'000, who, what, readable(what, bytes));
}

}  // namespace parley::sim
