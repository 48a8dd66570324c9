#include "bench/scenario.hpp"
#include "bench/traffic.hpp"
#include "bench/world.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <vector>

namespace parley::bench {

namespace {

/// Sessions at even places write to the person of the next place.
struct Pairs {
    Fleet& fleet;
    std::vector<protocol::Target> targets;
    std::unordered_map<const Session*, std::size_t> place;

    std::size_t size() const { return targets.size(); }
    Session& writer(std::size_t pair) { return fleet[2 * pair]; }
    const protocol::Target& target_of(const Session& writer) const { return targets[place.at(&writer)]; }
};

double run_saturated(const Stage& stage, Traffic& traffic, Pairs& pairs, const PairsOptions& options,
                     Report& report) {
    Phase phase{.name = fmt::format("{} pairs, window {}", pairs.size(), options.window)};
    const Nanos end = now_ns() + seconds_ns(options.seconds);
    traffic.on_accepted = [&](Session& writer) {
        if (const Nanos now = now_ns(); now < end) {
            traffic.send(writer, pairs.target_of(writer), now);
        }
    };
    traffic.start();
    for (std::size_t i = 0; i < pairs.size() * options.window; ++i) {
        const std::size_t pair = i % pairs.size();
        traffic.send(pairs.writer(pair), pairs.targets[pair], now_ns());
    }
    stage.loop.run(end, [] { return false; });
    const bool all = traffic.finish(1);
    traffic.on_accepted = nullptr;
    traffic.describe(phase, report);
    report.require(all, "not every message was delivered");
    report.phases.push_back(std::move(phase));
    return static_cast<double>(traffic.accepted()) / options.seconds;
}

void run_at_rate(const Stage& stage, Traffic& traffic, Pairs& pairs, double rate, double seconds,
                 Report& report) {
    Phase phase{.name = fmt::format("{} pairs, {:.0f} messages/s", pairs.size(), rate)};
    traffic.start();
    at_even_rate(stage.loop, rate, seconds, [&](std::size_t number, Nanos due) {
        const std::size_t pair = number % pairs.size();
        traffic.send(pairs.writer(pair), pairs.targets[pair], due);
    });
    const bool all = traffic.finish(1);
    traffic.describe(phase, report);
    report.require(all, "not every message was delivered");
    report.phases.push_back(std::move(phase));
}

}  // namespace

Report run_pairs(const Stage& stage, const PairsOptions& options) {
    Report report{.scenario = "pairs"};
    const auto people = register_people(stage.loop, stage.port, "person", 2 * options.pairs);
    Fleet fleet(stage.loop);
    Traffic traffic(stage.loop, stage.server);
    Pairs pairs{.fleet = fleet};
    for (std::size_t i = 0; i < people.size(); ++i) {
        Session& session = fleet.add({.port = stage.port, .access_token = people[i].access_token});
        traffic.watch(session);
        if (i % 2 == 0) {
            pairs.place[&session] = pairs.targets.size();
            pairs.targets.emplace_back().direct = people[i + 1].account;
        }
    }
    fleet.connect();

    // The first message of each makes the conversation.
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        traffic.send(pairs.writer(i), pairs.targets[i], now_ns());
    }
    report.require(traffic.finish(1), "not every pair could begin");

    const double rate = run_saturated(stage, traffic, pairs, options, report);
    run_at_rate(stage, traffic, pairs, rate / 2, options.seconds, report);
    report.require(fleet.live() == fleet.size(), "a connection was lost: " + fleet.failure());
    return report;
}

}  // namespace parley::bench
