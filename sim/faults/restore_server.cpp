#include "sim/faults/fault.hpp"

#include <algorithm>

namespace parley::sim {

namespace {

/// Once a backup is made; the next time the server's machine is lost, and it starts on the backup.
bool strike_restore_server(Scene& scene) {
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

// In no profile by itself: what a device was told to do is forgotten here with the epoch in which it was
// done, and where it is asked for again promise 18 takes it for nobody's wish. `--with` brings the fault.
extern const Fault restore_server;
const Fault restore_server{.name = "restore the server", .weights = {}, .strike = strike_restore_server};

}  // namespace parley::sim
