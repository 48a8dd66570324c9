#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform_remove_member(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    const auto people = others(scene, device);
    if (views.empty() || people.empty()) return false;
    const StreamId stream = pick_lively(scene, views).stream;
    const auto inside = who_is(device, stream, people, true);
    // Now and then somebody who is not in it.
    const bool any = inside.empty() || random.below(4) == 0;
    protocol::MemberRemove remove{.account = random.pick(any ? people : inside)};
    remove.target.stream = stream;
    return scene.give(device, std::move(remove)).has_value();
}

}  // namespace

extern const Act remove_member;
const Act remove_member{.name = "remove a member", .weight = 2, .perform = perform_remove_member};

}  // namespace parley::sim
