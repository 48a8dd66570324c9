#include "bench/fatal.hpp"
#include "bench/scenario.hpp"
#include "bench/traffic.hpp"
#include "bench/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace parley::bench {

namespace {

void run_at_rate(const Stage& stage, Traffic& traffic, Fleet& fleet, const protocol::Target& room,
                 double rate, double seconds, Report& report) {
    Phase phase{.name = fmt::format("{} members, {} messages/s", fleet.size(), rate)};
    const std::size_t senders = std::min<std::size_t>(20, fleet.size());
    traffic.start();
    at_even_rate(stage.loop, rate, seconds,
                 [&](std::size_t number, Nanos due) { traffic.send(fleet[number % senders], room, due); });
    const bool all = traffic.finish(fleet.size() - 1);
    traffic.describe(phase, report);
    report.require(all, "not every member got every message");
    report.phases.push_back(std::move(phase));
}

/// Everybody in turn reacts to one message, by one of a few emoji.
void run_reactions(const Stage& stage, Traffic& traffic, Fleet& fleet, const protocol::Target& room,
                   const AccountId& writer, const RoomOptions& options, Report& report) {
    static constexpr std::array emoji = {"\U0001F44D", "\U0001F389", "\U0001F602"};
    const Uuid message = fleet[0].send(protocol::MessageSend{.target = room, .text = "much loved"});
    stage.loop.run_for(nanos_per_second);
    Phase phase{
        .name = fmt::format("{} members, {} reactions/s to one message", fleet.size(), options.fast_rate)};
    traffic.start();
    at_even_rate(stage.loop, options.fast_rate, options.seconds, [&](std::size_t number, Nanos due) {
        const std::size_t who = number % fleet.size();
        traffic.react(fleet[who],
                      {.target = room,
                       .message = message,
                       .sender = who == 0 ? std::nullopt : std::optional(writer),
                       .emoji = emoji[number / fleet.size() % emoji.size()]},
                      due);
    });
    const bool all = traffic.finish(fleet.size());
    traffic.describe(phase, report);
    report.require(all, "not every member got every reaction");
    report.phases.push_back(std::move(phase));
}

void run_saturated(const Stage& stage, Traffic& traffic, Fleet& fleet, const protocol::Target& room,
                   const RoomOptions& options, Report& report) {
    Phase phase{.name = fmt::format("{} members, saturated by {} senders with window {}", fleet.size(),
                                    options.senders, options.window)};
    const Nanos end = now_ns() + seconds_ns(options.seconds);
    traffic.on_accepted = [&](Session& sender) {
        if (const Nanos now = now_ns(); now < end) {
            traffic.send(sender, room, now);
        }
    };
    traffic.start();
    for (std::size_t i = 0; i < options.senders * options.window; ++i) {
        traffic.send(fleet[i % options.senders], room, now_ns());
    }
    stage.loop.run(end, [] { return false; });
    const bool all = traffic.finish(fleet.size() - 1);
    traffic.on_accepted = nullptr;
    traffic.describe(phase, report);
    report.require(all, "not every member got every message");
    report.phases.push_back(std::move(phase));
}

}  // namespace

Report run_room(const Stage& stage, const RoomOptions& options) {
    Report report{.scenario = "room"};
    const auto people = register_people(stage.loop, stage.port, "member", options.members);
    Fleet fleet(stage.loop);
    Traffic traffic(stage.loop, stage.server);
    for (const Person& person : people) {
        fleet.add({.port = stage.port, .access_token = person.access_token});
    }
    fleet.connect();
    protocol::Target room;
    room.stream = make_group(stage.loop, fleet[0], std::span(people).subspan(1));
    for (std::size_t i = 0; i < fleet.size(); ++i) {
        traffic.watch(fleet[i]);
    }
    stage.loop.run_for(nanos_per_second);  // the news of the group has reached everybody

    run_at_rate(stage, traffic, fleet, room, options.slow_rate, options.seconds, report);
    run_at_rate(stage, traffic, fleet, room, options.fast_rate, options.seconds, report);
    run_reactions(stage, traffic, fleet, room, people[0].account, options, report);
    run_saturated(stage, traffic, fleet, room, options, report);
    report.require(fleet.live() == fleet.size(), "a connection was lost: " + fleet.failure());
    return report;
}

}  // namespace parley::bench
