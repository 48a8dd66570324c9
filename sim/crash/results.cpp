#include "sim/crash/results.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace parley::sim::crash {

namespace {

/// Calls `visit(name, number)` for each number of the results.
template <class AnyToll, class Visit>
void each_number_of(const std::string& trial, AnyToll& toll, const Visit& visit) {
    for (const auto& [name, number] : toll_numbers)
        visit(trial + "." + name, toll.*number);
    for (const auto& [name, number] : told_numbers)
        visit(trial + ".told." + name, toll.told.*number);
}

template <class AnyResults, class Visit>
void each_number(AnyResults& results, const Visit& visit) {
    each_number_of("power_losses", results.power_losses.toll, visit);
    each_number_of("failing_syncs", results.failing_syncs.toll, visit);
    visit(std::string("power_losses.took_ms"), results.power_losses.took_ms);
    visit(std::string("failing_syncs.took_ms"), results.failing_syncs.took_ms);
    for (std::size_t part = 0; part < rot_parts.size(); ++part) {
        for (const auto& [name, number] : rot_numbers)
            visit("rot." + std::to_string(part) + "." + name, results.rot.parts.at(part).*number);
    }
}

/// Calls `visit(name, trial)` for all three, each of which has seeds and findings.
template <class AnyResults, class Visit>
void each_trial(AnyResults& results, const Visit& visit) {
    visit(std::string_view("power_losses"), results.power_losses);
    visit(std::string_view("failing_syncs"), results.failing_syncs);
    visit(std::string_view("rot"), results.rot);
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

std::pair<std::string_view, std::string_view> split(std::string_view text, char at) {
    const auto found = text.find(at);
    if (found == std::string_view::npos) return {text, {}};
    return {text.substr(0, found), text.substr(found + 1)};
}

/// Takes in one line; false where it makes no sense.
bool take_line(std::string_view line, Results& results) {
    const auto [name, value] = split(line, ' ');
    bool taken = false;
    each_number(results, [&](const std::string& known, std::int64_t& number) {
        if (known == name) taken = read_number(value, number);
    });
    each_trial(results, [&](std::string_view trial, auto& into) {
        if (name == std::string(trial) + ".seed") {
            std::uint64_t seed = 0;
            taken = read_number(value, seed) && into.seeds.insert(seed).second;
        } else if (name == std::string(trial) + ".finding") {
            const auto [seed, what] = split(value, ' ');
            auto& finding = into.findings.emplace_back();
            finding.what = what;
            taken = read_number(seed, finding.seed);
        }
    });
    return taken;
}

}  // namespace

std::vector<std::string> not_shown(const Results& results, const Amount& asked) {
    std::vector<std::string> missing;
    const auto at_least = [&](std::int64_t number, std::int64_t least, std::string_view what) {
        if (number < least)
            missing.push_back("only " + std::to_string(number) + " " + std::string(what) + ", and not " +
                              std::to_string(least));
    };
    const auto& power = results.power_losses.toll;
    at_least(power.power_losses, asked.power_losses, "power losses");
    at_least(results.failing_syncs.toll.lives, asked.lives, "lives with failing syncs");
    for (std::size_t part = 0; part < rot_parts.size(); ++part)
        at_least(results.rot.parts.at(part).flips, asked.flips,
                 "flipped bits in: " + std::string(rot_parts.at(part)));
    if (asked.power_losses >= whole_power_losses)
        at_least(power.told.rows, whole_acknowledged_rows, "rows were acknowledged");
    for (std::size_t part = 0; part < rot_parts_of_rows; ++part) {
        const auto& rows = results.rot.parts.at(part);
        if (rows.found != rows.flips)
            missing.push_back("of " + std::to_string(rows.flips) + " flipped bits in " +
                              std::string(rot_parts.at(part)) + " only " + std::to_string(rows.found) +
                              " were found by reading or the scrubber");
    }
    return missing;
}

void add(Toll& sum, const Toll& other) {
    for (const auto& [name, number] : toll_numbers)
        sum.*number += other.*number;
    for (const auto& [name, number] : told_numbers)
        sum.told.*number += other.told.*number;
}

Status add(Results& sum, const Results& other) {
    bool twice = false;
    const auto take = [&](auto& into, const auto& from) {
        for (const auto seed : from.seeds)
            twice = !into.seeds.insert(seed).second || twice;
        into.findings.insert(into.findings.end(), from.findings.begin(), from.findings.end());
    };
    take(sum.power_losses, other.power_losses);
    take(sum.failing_syncs, other.failing_syncs);
    take(sum.rot, other.rot);
    if (twice) return fail(ErrorCode::invalid, "both have been through the same seed");
    std::vector<std::int64_t> numbers;
    each_number(other, [&](const std::string&, const std::int64_t& number) { numbers.push_back(number); });
    auto next = numbers.begin();
    each_number(sum, [&](const std::string&, std::int64_t& number) { number += *next++; });
    return {};
}

std::string encode(const Results& results) {
    std::string text;
    each_number(results, [&](const std::string& name, const std::int64_t& number) {
        text += name + " " + std::to_string(number) + "\n";
    });
    each_trial(results, [&](std::string_view name, const auto& trial) {
        for (const auto seed : trial.seeds)
            text += std::string(name) + ".seed " + std::to_string(seed) + "\n";
        for (const auto& finding : trial.findings) {
            auto what = finding.what;
            std::ranges::replace(what, '\n', ' ');
            text += std::string(name) + ".finding " + std::to_string(finding.seed) + " " + what + "\n";
        }
    });
    // Without it a file that was cut off would look like one that found nothing.
    return text + "end\n";
}

Result<Results> decode_results(std::string_view text) {
    Results results;
    bool ended = false;
    while (!text.empty()) {
        const auto [line, rest] = split(text, '\n');
        text = rest;
        if (ended || (line != "end" && !take_line(line, results)))
            return fail(ErrorCode::invalid, "this is no line of results: " + std::string(line));
        ended = line == "end";
    }
    if (!ended) return fail(ErrorCode::invalid, "the results are cut off");
    return results;
}

}  // namespace parley::sim::crash
