#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// For a moment; the first one that fails must end the server.
bool strike_server_sync_fails(Scene& scene) {
    if (!scene.server().up()) return false;
    scene.server().disk().faults().sync_failures = 500;
    scene.world().after(milliseconds(scene.world().random().between(100, 2'000)),
                        [&scene] { scene.server().disk().faults().sync_failures = 0; });
    return true;
}

}  // namespace

extern const Fault server_sync_fails;
const Fault server_sync_fails{
    .name = "fail a sync of the server", .weights = {0, 0, 1, 4}, .strike = strike_server_sync_fails};

}  // namespace parley::sim
