#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(device, true);
    const auto people = others(scene, device);
    if (views.empty() || people.empty()) return false;
    protocol::MemberAdd add{.accounts = {random.pick(people)}};
    if (random.below(3) == 0) add.accounts.push_back(random.pick(people));
    add.target.stream = random.pick(views).stream;
    return scene.give(device, std::move(add)).has_value();
}

}  // namespace

extern const Act add_member;
const Act add_member{.name = "add a member", .weight = 3, .perform = perform};

}  // namespace parley::sim
