#include "sim/crash/trials.hpp"

#include "sim/crash/results.hpp"
#include "sim/platform.hpp"

#include <fmt/core.h>

#include <array>
#include <utility>

namespace parley::sim::crash {

namespace {

constexpr int worlds_with_findings_max = 5;

constexpr std::array<std::pair<std::string_view, Defect>, 6> defects{{
    {"none", Defect::none},
    {"synchronous-normal", Defect::synchronous_normal},
    {"failed-sync-ignored", Defect::failed_sync_ignored},
    {"answers-before-commit", Defect::answers_before_commit},
    {"answers-before-sync", Defect::answers_before_sync},
    {"no-checksums", Defect::no_checksums},
}};

/// 1234567 as 1,234,567.
std::string grouped(std::int64_t number) {
    std::string text = std::to_string(number);
    for (auto at = std::ssize(text) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

}  // namespace

Trial try_worlds(Seeds seeds, Ends ends, std::int64_t count, Defect defect) {
    Trial trial;
    const auto begun = real_time();
    const auto done = [&] {
        return ends == Ends::power_losses ? trial.toll.power_losses : trial.toll.lives;
    };
    auto seed = seeds.first;
    for (int with_findings = 0; done() < count && with_findings < worlds_with_findings_max;
         seed += seeds.step) {
        World world(seed, ends, defect);
        const auto wrong = world.run();
        add(trial.toll, world.toll());
        trial.seeds.insert(seed);
        for (const auto& what : wrong)
            trial.findings.push_back({.seed = seed, .what = what});
        with_findings += wrong.empty() ? 0 : 1;
    }
    trial.took_ms = (real_time() - begun).ms;
    return trial;
}

std::optional<Defect> defect_named(std::string_view name) {
    for (const auto& [one, defect] : defects) {
        if (one == name) return defect;
    }
    return std::nullopt;
}

std::vector<std::string> defect_names() {
    std::vector<std::string> names;
    names.reserve(defects.size());
    for (const auto& [name, defect] : defects)
        names.emplace_back(name);
    return names;
}

std::string table_of(const Trial& power_losses, const Trial& failing_syncs) {
    std::string text = fmt::format("{:<46}{:>16}{:>16}\n", "", "power losses", "failing syncs");
    const auto line = [&](std::string_view name, std::int64_t one, std::int64_t other) {
        text += fmt::format("{:<46}{:>16}{:>16}\n", name, grouped(one), grouped(other));
    };
    const auto& one = power_losses.toll;
    const auto& other = failing_syncs.toll;
    line("stores", one.worlds, other.worlds);
    line("lives of their servers", one.lives, other.lives);
    line("power losses", one.power_losses, other.power_losses);
    line("    while it started", one.power_losses_starting, other.power_losses_starting);
    line("kills without one", one.kills, other.kills);
    line("ends in order", one.ends_in_order, other.ends_in_order);
    line("syncs", one.syncs, other.syncs);
    line("    that failed", one.failed_syncs, other.failed_syncs);
    line("sectors lost", one.sectors_lost, other.sectors_lost);
    line("    torn", one.sectors_torn, other.sectors_torn);
    line("transactions", one.transactions, other.transactions);
    line("    cut off by the end", one.transactions_cut, other.transactions_cut);
    line("    and there afterwards, unanswered", one.transactions_survived_untold,
         other.transactions_survived_untold);
    line("    refused by a full disk", one.disk_full, other.disk_full);
    line("acknowledged rows", one.told.rows, other.told.rows);
    line("    of them messages", one.told.messages, other.told.messages);
    line("    edits", one.told.edits, other.told.edits);
    line("    deletions", one.told.deletions, other.told.deletions);
    line("    reactions", one.told.reactions, other.told.reactions);
    line("    pins", one.told.pins, other.told.pins);
    line("    members, roles, titles, permissions", one.told.arrangements, other.told.arrangements);
    line("    preferences and drafts", one.told.own_settings, other.told.own_settings);
    line("other commands done", one.told.commands, other.told.commands);
    line("commands refused", one.told.refusals, other.told.refusals);
    line("repeats answered as the first time", one.told.repeats, other.told.repeats);
    line("copies of the log into the file", one.checkpoints, other.checkpoints);
    line("backups while people went on", one.backups, other.backups);
    line("times that the file was held against the ledger", one.audits, other.audits);
    line("    rows", one.rows_audited, other.rows_audited);
    line("    with integrity_check", one.integrity_checks, other.integrity_checks);
    line("rows scrubbed", one.rows_scrubbed, other.rows_scrubbed);
    line("rows served to readers", one.rows_served, other.rows_served);
    line("lost, altered, twice or bad", std::ssize(power_losses.findings),
         std::ssize(failing_syncs.findings));
    line("milliseconds", power_losses.took_ms, failing_syncs.took_ms);
    return text;
}

std::string table_of(const Rot& rot) {
    std::string text = fmt::format("{:<28}{:>7}{:>9}{:>9}{:>9}{:>11}{:>9}{:>10}{:>10}{:>10}{:>9}\n",
                                   "one flipped bit in", "flips", "reading", "scrub", "check", "integrity",
                                   "served", "unnoticed", "harmless", "left out", "refused");
    for (std::size_t i = 0; i < rot_parts.size(); ++i) {
        const auto& part = rot.parts.at(i);
        text += fmt::format("{:<28}{:>7}{:>9}{:>9}{:>9}{:>11}{:>9}{:>10}{:>10}{:>10}{:>9}\n", rot_parts.at(i),
                            part.flips, part.found_reading, part.found_scrubbing, part.found_checking,
                            part.found_by_integrity_check, part.served_wrong, part.unnoticed, part.harmless,
                            part.rows_left_out, part.requests_refused);
    }
    return text;
}

}  // namespace parley::sim::crash
