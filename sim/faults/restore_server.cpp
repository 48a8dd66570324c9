#include "sim/faults/fault.hpp"

#include <algorithm>

namespace parley::sim {

namespace {

/// The server's machine is lost, and it starts on this backup.
void bring_back_after(Scene& scene, Duration later, int backup, ServerNode::Return how) {
    ServerNode& server = scene.server();
    scene.world().after(later, [&server, backup, how] {
        if (!server.has_backup(backup)) return;
        server.return_at_next_start(backup, how);
        server.die(ServerNode::Death::killed);
    });
}

/// A backup is made, and some time later it comes back.
bool strike_with_backup(Scene& scene, ServerNode::Return how) {
    ServerNode& server = scene.server();
    if (!server.up() || server.has_backups()) return false;
    // Who registers after the backup is unknown afterwards; that is another story.
    const bool all_known =
        std::ranges::all_of(scene.people(), [](const auto& person) { return person->account.has_value(); });
    if (!all_known) return false;
    constexpr std::int64_t soonest_ms = 500;
    constexpr std::uint64_t doublings = 8;
    const Duration later = milliseconds(soonest_ms << scene.world().random().below(doublings));
    bring_back_after(scene, later, server.back_up(), how);
    return true;
}

bool strike_restore_server(Scene& scene) {
    return strike_with_backup(scene, ServerNode::Return::restored);
}

/// Somebody copies an older folder back, and tells nobody.
bool strike_put_copy_back(Scene& scene) {
    return strike_with_backup(scene, ServerNode::Return::copied);
}

}  // namespace

// Seldom, as in life.
extern const Fault restore_server;
const Fault restore_server{
    .name = "restore the server", .weights = {0, 0, 1, 2}, .strike = strike_restore_server};

extern const Fault put_copy_back;
const Fault put_copy_back{.name = "put a copy of the server's folder back",
                          .weights = {0, 0, 1, 2},
                          .strike = strike_put_copy_back};

}  // namespace parley::sim
