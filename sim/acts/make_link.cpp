#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// Mostly of a group in which the person may; now and then one that is soon over, or soon used up.
bool perform_make_link(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    if (views.empty()) return false;
    protocol::LinkCreate create{.target = name_for(scene, device, pick_of_rank(scene, views))};
    if (random.below(3) == 0)
        create.role = random.below(2) == 0 ? protocol::Role::guest : protocol::Role::member;
    if (random.below(2) == 0) create.uses = random.between(1, 2);
    if (random.below(3) == 0) create.lasts_ms = random.between(limits::link_lasts_ms_min, 600'000);
    return scene.give(device, std::move(create)).has_value();
}

/// Whoever sees the list may hand on what is on it, or end one of them.
bool perform_tend_links(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    if (views.empty()) return false;
    const auto& view = pick_of_rank(scene, views);
    const auto link = scene.some_link(view.stream);
    if (link && random.below(2) == 0) {
        return scene
            .give(device, protocol::LinkRevoke{.target = name_for(scene, device, view), .link = *link})
            .has_value();
    }
    return scene.give(device, protocol::LinkList{.stream = view.stream}).has_value();
}

}  // namespace

extern const Act make_link;
const Act make_link{.name = "make an invite link", .weight = 3, .perform = perform_make_link};

extern const Act tend_links;
const Act tend_links{.name = "look at invite links", .weight = 2, .perform = perform_tend_links};

}  // namespace parley::sim
