#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Its disk has other things to do: what is read takes its time, and is old when it comes.
bool strike_slow_reads(Scene& scene) {
    ServerNode& server = scene.server();
    if (!server.up() || server.slowest_read().ms > 0) return false;
    Random& random = scene.world().random();
    server.slowest_read() = milliseconds(random.between(300, 4'000));
    scene.world().after(milliseconds(random.between(3'000, 40'000)),
                        [&server] { server.slowest_read() = {}; });
    return true;
}

}  // namespace

extern const Fault slow_reads;
const Fault slow_reads{
    .name = "slow the reads of the server", .weights = {1, 6, 8, 8}, .strike = strike_slow_reads};

}  // namespace parley::sim
