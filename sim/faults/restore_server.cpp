#include "sim/faults/fault.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace parley::sim {

namespace {

/// So that one backup comes back while another, or the same once more, is still to come.
constexpr int returns_planned_max = 2;

/// A new one, or one that came back already or is still to come.
int any_backup(Scene& scene) {
    ServerNode& server = scene.server();
    const auto kept = server.backups();
    if (kept.empty() || scene.world().random().below(2) == 0) return server.back_up();
    return scene.world().random().pick(kept);
}

/// One restore in three is killed, mostly where it moves files. Then it is done again, or the server starts
/// on what is there.
std::optional<ServerNode::CutOff> any_cut_off(Random random) {
    constexpr std::uint64_t one_of = 3;
    constexpr std::uint64_t writes_max = 64;
    constexpr std::uint64_t own_max = 9;
    if (random.below(one_of) != 0) return std::nullopt;
    ServerNode::CutOff cut_off{.done_again = random.below(2) == 0};
    if (random.below(one_of) == 0) {
        cut_off.death.write = static_cast<int>(1 + random.below(writes_max));
    } else {
        cut_off.death.own = static_cast<int>(1 + random.below(own_max));
    }
    return cut_off;
}

/// Some time later the server's machine is lost, and it starts on a backup.
bool strike_with_backup(Scene& scene, ServerNode::Return how) {
    ServerNode& server = scene.server();
    if (!server.up() || server.returns_planned() >= returns_planned_max) return false;
    // Who registers after the backup is unknown afterwards; that is another story.
    const bool all_known =
        std::ranges::all_of(scene.people(), [](const auto& person) { return person->account.has_value(); });
    if (!all_known) return false;
    constexpr std::int64_t soonest_ms = 500;
    constexpr std::uint64_t doublings = 8;
    const Duration later = milliseconds(soonest_ms << scene.world().random().below(doublings));
    // Before the backup is chosen, by a chance of its own.
    const auto cut_off = how == ServerNode::Return::restored
                             ? any_cut_off(scene.world().random().fork("restore that dies"))
                             : std::nullopt;
    server.return_after(later, any_backup(scene), how, cut_off);
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
