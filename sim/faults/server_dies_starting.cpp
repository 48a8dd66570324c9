#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// It dies, and then once more inside some disk operation of the start that follows: as it copies its log
/// back, brings its tables up to date, or marks that it runs; also of a start on a backup that was put back.
bool strike_server_dies_starting(Scene& scene) {
    if (!scene.server().up()) return false;
    Random& random = scene.world().random();
    const auto death = [&] {
        return random.below(2) == 0 ? ServerNode::Death::killed : ServerNode::Death::power_lost;
    };
    const auto first = death();
    scene.server().die_at_next_start(random.between(1, 16), death());
    scene.server().die(first);
    return true;
}

}  // namespace

extern const Fault server_dies_starting;
const Fault server_dies_starting{.name = "let the server die while it starts",
                                 .weights = {0, 2, 2, 5},
                                 .strike = strike_server_dies_starting};

}  // namespace parley::sim
