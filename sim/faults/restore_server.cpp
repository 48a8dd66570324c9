#include "sim/faults/fault.hpp"

#include <algorithm>

namespace parley::sim {

namespace {

/// Once a backup is made; the next time the server's machine is lost, and it starts on the backup.
bool strike(Scene& scene) {
    ServerNode& server = scene.server();
    if (!server.up()) return false;
    if (server.has_backup()) {
        server.restore_at_next_start();
        server.die(ServerNode::Death::killed);
        return true;
    }
    // Who registers after the backup is unknown afterwards; that is another story.
    const bool all_known =
        std::ranges::all_of(scene.people(), [](const auto& person) { return person->account.has_value(); });
    if (!all_known) return false;
    server.back_up();
    return true;
}

}  // namespace

// In no profile by itself: some seeds with it still break promises 4 and 6, and it is not known yet whether
// the product is to blame or what the simulator expects of devices that were away. `--with` brings it.
extern const Fault restore_server;
const Fault restore_server{.name = "restore the server", .weights = {}, .strike = strike};

}  // namespace parley::sim
