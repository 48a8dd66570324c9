#include "sim/acts/act.hpp"

#include <array>

namespace parley::sim {

namespace {

using protocol::Role;

bool perform_give_role(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    const auto people = others(scene, device);
    if (views.empty() || people.empty()) return false;
    const StreamId stream = pick_of_rank(scene, views).stream;
    const auto inside = who_is(device, stream, people, true);
    // Now and then somebody who is not in it.
    const bool any = inside.empty() || random.below(8) == 0;
    constexpr std::array roles = {Role::admin,  Role::admin,  Role::moderator, Role::moderator,
                                  Role::member, Role::member, Role::guest,     Role::owner};
    protocol::MemberRole give{.account = random.pick(any ? people : inside),
                              .role = roles.at(static_cast<std::size_t>(random.below(roles.size())))};
    // Or himself.
    if (random.below(6) == 0) give.account = *device.person->account;
    give.target.stream = stream;
    return scene.give(device, give).has_value();
}

}  // namespace

extern const Act give_role;
const Act give_role{.name = "give a role", .weight = 4, .perform = perform_give_role};

}  // namespace parley::sim
