#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform_add_member(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    const auto people = others(scene, device);
    if (views.empty() || people.empty()) return false;
    const StreamId stream = pick_lively(scene, views).stream;
    const auto outside = who_is(device, stream, people, false);
    // Now and then somebody who is in it already.
    const bool any = outside.empty() || random.below(4) == 0;
    protocol::MemberAdd add{.accounts = {random.pick(any ? people : outside)}};
    if (random.below(3) == 0) add.accounts.push_back(random.pick(people));
    add.target.stream = stream;
    return scene.give(device, std::move(add)).has_value();
}

}  // namespace

extern const Act add_member;
const Act add_member{.name = "add a member", .weight = 3, .perform = perform_add_member};

}  // namespace parley::sim
