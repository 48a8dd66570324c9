#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform_transfer_ownership(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    const auto people = others(scene, device);
    if (views.empty() || people.empty()) return false;
    const StreamId stream = pick_of_rank(scene, views).stream;
    const auto inside = who_is(device, stream, people, true);
    // Now and then somebody who is not in it.
    const bool any = inside.empty() || random.below(8) == 0;
    protocol::OwnershipTransfer transfer{.account = random.pick(any ? people : inside)};
    transfer.target.stream = stream;
    return scene.give(device, transfer).has_value();
}

}  // namespace

extern const Act transfer_ownership;
const Act transfer_ownership{
    .name = "transfer the ownership", .weight = 1, .perform = perform_transfer_ownership};

}  // namespace parley::sim
