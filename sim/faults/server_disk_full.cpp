#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

bool strike_server_disk_full(Scene& scene) {
    if (!scene.server().up() || scene.server().disk().faults().capacity) return false;
    Random& random = scene.world().random();
    scene.server().disk().faults().capacity = scene.server().disk().used() + random.between(0, 30'000);
    scene.world().after(milliseconds(random.between(1'000, 60'000)),
                        [&scene] { scene.server().disk().faults().capacity.reset(); });
    return true;
}

}  // namespace

extern const Fault server_disk_full;
const Fault server_disk_full{
    .name = "fill the disk of the server", .weights = {0, 1, 4, 4}, .strike = strike_server_disk_full};

}  // namespace parley::sim
