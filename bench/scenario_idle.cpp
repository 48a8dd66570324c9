#include "bench/measure.hpp"
#include "bench/scenario.hpp"
#include "bench/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace parley::bench {

namespace {

constexpr double settle_seconds = 3;

/// Devices for all connections: few accounts with many devices, since that is quick to lay out.
std::vector<Person> lay_out_devices(const Stage& stage, const IdleOptions& options) {
    const std::size_t accounts =
        (options.connections + options.devices_per_account - 1) / options.devices_per_account;
    const auto people = register_people(stage.loop, stage.port, "idle", accounts);
    std::vector<Person> devices = people;
    while (devices.size() < options.connections) {
        auto part = people;
        part.resize(std::min(part.size(), options.connections - devices.size()));
        const auto more = sign_in_again(stage.loop, stage.port, part);
        devices.insert(devices.end(), more.begin(), more.end());
    }
    if (options.conversations > 0) {
        Fleet founder(stage.loop);
        founder.add({.port = stage.port, .access_token = people[0].access_token});
        founder.connect();
        for (std::size_t i = 0; i < options.conversations; ++i) {
            make_group(stage.loop, founder[0], std::span(people).subspan(1));
        }
    }
    return devices;
}

}  // namespace

Report run_idle(const Stage& stage, const IdleOptions& options) {
    Report report{.scenario = "idle"};
    const auto devices = lay_out_devices(stage, options);
    stage.loop.run_for(seconds_ns(settle_seconds));
    const Memory before = memory_of(stage.server);
    const std::int64_t kernel_before = kernel_tcp_kib();

    Fleet fleet(stage.loop);
    for (const Person& device : devices) {
        fleet.add({.port = stage.port, .access_token = device.access_token});
    }
    fleet.connect();
    stage.loop.run_for(seconds_ns(settle_seconds));
    const Memory after = memory_of(stage.server);
    const Usage quiet = usage_of(stage.server);
    stage.loop.run_for(seconds_ns(options.seconds));
    const Usage used = usage_of(stage.server) - quiet;

    const auto count = static_cast<double>(fleet.size());
    Phase phase{
        .name = fmt::format("{} connections, {} conversations each", fleet.size(), options.conversations)};
    phase.add("server KiB per connection (rss)", static_cast<double>(after.rss_kib - before.rss_kib) / count);
    phase.add("server KiB per connection (pss)", static_cast<double>(after.pss_kib - before.pss_kib) / count);
    phase.add("server KiB before", static_cast<double>(before.rss_kib));
    phase.add("kernel KiB per connection, both ends",
              static_cast<double>(kernel_tcp_kib() - kernel_before) / count);
    phase.add("server cpu ms per second",
              used.cpu_ms * static_cast<double>(nanos_per_second) / static_cast<double>(used.at));
    phase.add("connections at the end", static_cast<double>(fleet.live()));
    report.phases.push_back(std::move(phase));
    report.require(fleet.live() == fleet.size(), "a connection was lost: " + fleet.failure());
    return report;
}

}  // namespace parley::bench
