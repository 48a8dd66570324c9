#include "bench/measure.hpp"
#include "bench/scenario.hpp"
#include "bench/traffic.hpp"
#include "bench/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace parley::bench {

namespace {

constexpr int stalled_receive_buffer_bytes = 4096;
// Enough to fill the sockets' buffers and what the server queues for one connection, several times over.
constexpr std::size_t flood_messages = 60;
constexpr std::size_t flood_text_bytes = 7900;
constexpr double flood_rate = 30;
constexpr double recover_seconds_max = 60;

/// One group of readers and of those who are to stall.
struct Hall {
    const Stage& stage;
    const SlowOptions& options;
    Fleet readers;
    Fleet stalled;
    Traffic traffic;
    protocol::Target group;
    std::size_t resumed = 0;

    Hall(const Stage& where, const SlowOptions& how)
        : stage(where),
          options(how),
          readers(where.loop),
          stalled(where.loop),
          traffic(where.loop, where.server) {}

    void talk(double per_second, double seconds) {
        at_even_rate(stage.loop, per_second, seconds, [&](std::size_t number, Nanos due) {
            traffic.send(readers[number % readers.size()], group, due);
        });
    }

    /// The p99 of deliveries to the readers, in ms.
    double measure(Report& report) {
        traffic.start();
        talk(options.rate, options.seconds);
        report.require(traffic.finish(readers.size() - 1),
                       "not every message was delivered to those who read");
        return traffic.delivered_latency().percentile_ms(0.99);
    }

    void flood(Report& report) {
        const std::size_t usual = std::exchange(traffic.text_bytes, flood_text_bytes);
        traffic.start();
        talk(flood_rate, flood_messages / flood_rate);
        report.require(traffic.finish(readers.size() - 1), "the flood did not reach those who read");
        traffic.text_bytes = usual;
    }

    /// They read again; each must be told that its queue had been given up and that it is back.
    bool recover() {
        resumed = 0;
        for (std::size_t i = 0; i < stalled.size(); ++i) {
            stalled[i].on_seen = [this](Session&, const Seen& seen, Nanos) {
                resumed += seen.type == protocol::Type::resumed ? 1 : 0;
            };
            stalled[i].start_reading();
        }
        return stage.loop.run(now_ns() + seconds_ns(recover_seconds_max),
                              [&] { return resumed >= stalled.size(); });
    }

    std::size_t still_connected() {
        std::size_t count = 0;
        for (std::size_t i = 0; i < stalled.size(); ++i) {
            count += stalled[i].still_connected() ? 1 : 0;
        }
        return count;
    }
};

void lay_out(Hall& hall) {
    const Stage& stage = hall.stage;
    auto people = register_people(stage.loop, stage.port, "reader", hall.options.readers);
    for (const Person& person : people) {
        hall.traffic.watch(hall.readers.add({.port = stage.port, .access_token = person.access_token}));
    }
    const auto stalled = register_people(stage.loop, stage.port, "stalled", hall.options.stalled);
    for (const Person& person : stalled) {
        hall.stalled.add({.port = stage.port,
                          .access_token = person.access_token,
                          .receive_buffer_bytes = stalled_receive_buffer_bytes});
    }
    people.insert(people.end(), stalled.begin(), stalled.end());
    hall.readers.connect();
    hall.group.stream = make_group(stage.loop, hall.readers[0], std::span(people).subspan(1));
    stage.loop.run_for(nanos_per_second);
}

struct Round {
    double absent_ms = 0;
    double stalled_ms = 0;
};

Round run_round(Hall& hall, std::size_t number, Report& report) {
    Phase phase{.name = fmt::format("round {}", number)};
    Round round;
    round.absent_ms = hall.measure(report);

    const std::int64_t kernel_before = kernel_tcp_kib();
    const Memory memory_before = memory_of(hall.stage.server);
    hall.stalled.connect();
    for (std::size_t i = 0; i < hall.stalled.size(); ++i) {
        hall.stalled[i].stop_reading();
    }
    hall.flood(report);
    round.stalled_ms = hall.measure(report);

    const std::size_t connected = hall.still_connected();
    phase.add("p99 ms without those who do not read", round.absent_ms);
    phase.add("p99 ms with them", round.stalled_ms);
    phase.add("ratio", round.stalled_ms / round.absent_ms);
    phase.add("not reading and still connected", static_cast<double>(connected));
    phase.add("kernel MiB for their sockets", static_cast<double>(kernel_tcp_kib() - kernel_before) / 1024);
    phase.add("server MiB more",
              static_cast<double>(memory_of(hall.stage.server).rss_kib - memory_before.rss_kib) / 1024);
    report.require(connected == hall.stalled.size(), "a client that does not read was cut off");
    if (number == hall.options.rounds) {
        report.require(hall.recover(),
                       fmt::format("only {} of those who read again were resumed", hall.resumed));
        phase.add("resumed once they read again", static_cast<double>(hall.resumed));
    }
    hall.stalled.drop();
    hall.stage.loop.run_for(nanos_per_second);
    report.phases.push_back(std::move(phase));
    return round;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

Report run_slow(const Stage& stage, const SlowOptions& options) {
    Report report{.scenario = "slow"};
    Hall hall(stage, options);
    lay_out(hall);
    std::vector<double> ratios;
    for (std::size_t number = 1; number <= options.rounds; ++number) {
        const Round round = run_round(hall, number, report);
        ratios.push_back(round.stalled_ms / round.absent_ms);
    }
    Phase phase{.name = fmt::format("{} who never read, {} who do", options.stalled, options.readers)};
    phase.add("ratio of p99, median of the rounds", median(ratios));
    report.phases.push_back(std::move(phase));
    if (options.ratio_max)
        report.require(median(ratios) < *options.ratio_max, "those who do not read harm the others");
    return report;
}

}  // namespace parley::bench
