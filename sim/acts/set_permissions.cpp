#include "sim/acts/act.hpp"

#include <array>

namespace parley::sim {

namespace {

using protocol::Permissions;
using protocol::Role;

bool perform_set_permissions(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    if (views.empty()) return false;
    constexpr std::array acts = {&Permissions::add,           &Permissions::remove, &Permissions::rename,
                                 &Permissions::delete_others, &Permissions::pin,    &Permissions::post,
                                 &Permissions::mention_all,   &Permissions::invite};
    constexpr std::array roles = {Role::guest, Role::member, Role::moderator, Role::admin, Role::owner};
    protocol::ConversationPermissions set;
    for (const auto act : acts) {
        if (random.below(3) != 0) continue;
        // Where only a few may post not much happens.
        const bool few = act != &Permissions::post || random.below(3) == 0;
        set.permissions.*act = roles.at(static_cast<std::size_t>(random.below(few ? roles.size() : 2)));
    }
    set.target.stream = pick_of_rank(scene, views).stream;
    return scene.give(device, set).has_value();
}

}  // namespace

extern const Act set_permissions;
const Act set_permissions{.name = "set permissions", .weight = 2, .perform = perform_set_permissions};

}  // namespace parley::sim
