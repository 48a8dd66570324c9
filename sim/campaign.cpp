#include "sim/campaign.hpp"

#include "sim/crew.hpp"
#include "sim/platform.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

namespace parley::sim {

namespace {

/// What several seeds did together.
class Sums {
  public:
    void add(const Verdict& verdict) {
        ++tally_.seeds;
        if (verdict.broken) ++tally_.failed;
        if (verdict.broken && !tally_.broken) tally_.broken = verdict;
        for (const auto& [name, count] : verdict.counts)
            sums_[name] += count;
        if (verdict.broken || !last_.broken) last_ = verdict;
    }

    const Tally& tally() const { return tally_; }

    void print(Duration real) const {
        for (const auto& [name, count] : sums_) {
            const bool kind = name.starts_with("act: ") || name.starts_with("fault: ");
            if (kind) fmt::print("  {:<40} {:>9}\n", name, count);
        }
        fmt::print(
            "{} seeds: {:.0f} acts, {:.1f} faults, {:.0f} messages, {:.1f} people with {:.1f} devices "
            "a seed\n",
            tally_.seeds, each("acts"), each("faults"), each("messages"), each("people"), each("devices"));
        // Of processor time, so that it does not matter who else is busy on the machine.
        const double used = static_cast<double>(std::max<std::int64_t>(processor_time().ms, 1)) / 1000;
        fmt::print(
            "{:.1f} s, {:.1f} s of processor time; in a second of that: {:.1f} seeds, {:.0f} acts, {:.0f} "
            "events, {:.0f} simulated seconds\n",
            static_cast<double>(real.ms) / 1000, used, static_cast<double>(tally_.seeds) / used,
            sum("acts") / used, sum("events") / used, sum("simulated ms") / 1000 / used);
        if (tally_.failed > 0) fmt::print("{} of {} seeds failed\n", tally_.failed, tally_.seeds);
        fmt::print("seed {} {} {}\n", last_.seed, last_.broken ? "failed" : "passed", last_.trace_hash);
    }

  private:
    double sum(const std::string& name) const {
        const auto found = sums_.find(name);
        return found == sums_.end() ? 0 : static_cast<double>(found->second);
    }
    double each(const std::string& name) const {
        return sum(name) / static_cast<double>(std::max<std::uint64_t>(tally_.seeds, 1));
    }

    Tally tally_;
    std::map<std::string, std::int64_t> sums_;
    Verdict last_;
};

}  // namespace

Tally run_campaign(const CampaignOptions& options) {
    const Instant begun = real_time();
    Sums sums;
    CrewOptions crew;
    crew.jobs = options.jobs;
    crew.work = [&](std::uint64_t seed) {
        return judge(options.options_for(seed)).encoded();
    };
    crew.finished = [&](const Finished& one) {
        auto verdict = one.text ? Verdict::decode(*one.text) : std::nullopt;
        if (!verdict) verdict = crashed(options.options_for(one.number), one.end);
        fmt::print("{}", verdict->report);
        if (verdict->broken) std::fflush(stdout);
        sums.add(*verdict);
    };
    run_crew(crew, options.first, [&](std::uint64_t next) {
        if (options.until_broken && sums.tally().failed > 0) return false;
        return options.seeds ? next < options.first + *options.seeds : real_time() < begun + options.time;
    });
    sums.print(real_time() - begun);
    return sums.tally();
}

void print_verdict(const Verdict& verdict, Duration real) {
    fmt::print("{}", verdict.report);
    Sums sums;
    sums.add(verdict);
    sums.print(real);
}

}  // namespace parley::sim
