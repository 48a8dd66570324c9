#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// Often where somebody is waiting for it, now and then where anybody may register.
bool perform_invite(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    protocol::InviteCreate invite;
    if (random.below(2) == 0) invite.uses = random.between(1, 3);
    if (random.below(4) == 0) invite.lasts_ms = random.between(60'000, 3'600'000);
    return scene.give(device, std::move(invite)).has_value();
}

}  // namespace

extern const Act invite;
const Act invite{.name = "invite somebody", .weight = 2, .perform = perform_invite};

}  // namespace parley::sim
