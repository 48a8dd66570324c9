#pragma once

#include "bench/loop.hpp"
#include "bench/report.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace parley::bench {

/// The server that is measured, and the loop that drives it.
struct Stage {
    Loop& loop;
    std::uint16_t port = 0;
    pid_t server = 0;
};

/// One group; everybody is online. First at even rates, then with as much as it takes.
struct RoomOptions {
    std::size_t members = 1000;
    double slow_rate = 20;
    double fast_rate = 50;
    double seconds = 10;
    /// At saturation: so many members keep so many messages unanswered.
    std::size_t senders = 16;
    std::size_t window = 8;
};
Report run_room(const Stage& stage, const RoomOptions& options);

/// Direct conversations: in each, one writes with a window and the other reads. First with as much as it
/// takes, then at half of the rate that this gave.
struct PairsOptions {
    std::size_t pairs = 200;
    std::size_t window = 4;
    double seconds = 10;
};
Report run_pairs(const Stage& stage, const PairsOptions& options);

/// Connections that do nothing but heartbeats.
struct IdleOptions {
    std::size_t connections = 5000;
    std::size_t devices_per_account = 20;
    /// Groups that each account is in.
    std::size_t conversations = 0;
    double seconds = 26;
};
Report run_idle(const Stage& stage, const IdleOptions& options);

/// Members of a group who never read, while others talk in it.
struct SlowOptions {
    std::size_t stalled = 1000;
    std::size_t readers = 100;
    std::size_t rounds = 5;
    /// A message reaches all readers at once, so the p99 is that of messages, not of deliveries: with 1,000
    /// it is the tenth slowest commit, with 100 it would be the slowest one, which a busy disk decides.
    double rate = 100;
    double seconds = 10;
    /// The most that the p99 of the others may grow by; nothing where too little is measured to tell.
    std::optional<double> ratio_max = 1.5;
};
Report run_slow(const Stage& stage, const SlowOptions& options);

}  // namespace parley::bench
