#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// Inside one of its next disk operations: before, within or right behind a commit or a copy of the log.
bool strike_server_dies_writing(Scene& scene) {
    if (!scene.server().up()) return false;
    Random& random = scene.world().random();
    const auto death = random.below(2) == 0 ? ServerNode::Death::killed : ServerNode::Death::power_lost;
    scene.server().die_at(random.between(1, 40), death);
    return true;
}

}  // namespace

extern const Fault server_dies_writing;
const Fault server_dies_writing{.name = "let the server die while it writes",
                                .weights = {0, 3, 3, 10},
                                .strike = strike_server_dies_writing};

}  // namespace parley::sim
