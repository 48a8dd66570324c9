#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// What has failed is sent again or thrown away.
bool perform_settle_failed(Scene& scene, Device& device) {
    const auto waiting = device.node->client().outbox();
    if (!waiting) return false;
    for (const auto& one : *waiting) {
        if (one.state != core::CommandState::failed) continue;
        const bool again = scene.world().random().below(2) == 0;
        std::optional<Uuid> fresh;
        device.node->act([&](core::Client& client) {
            if (again) {
                const auto id = client.retry(one.id, device.node->now());
                if (!id) return;
                fresh = *id;
                device.ledger.add(*id, one.command, *client.account());
            } else if (!client.discard(one.id, device.node->now())) {
                return;
            }
            // Not before it has worked.
            if (Given* given = device.ledger.find(one.id); given != nullptr) {
                given->dropped = true;
                given->again_as = fresh;
            }
        });
        if (fresh) device.ledger.find(*fresh)->kept = device.node->up();
        return true;
    }
    return false;
}

}  // namespace

extern const Act settle_failed;
const Act settle_failed{.name = "settle what failed", .weight = 3, .perform = perform_settle_failed};

}  // namespace parley::sim
