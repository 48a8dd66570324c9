#include "sim/acts/act.hpp"

#include <algorithm>
#include <vector>

namespace parley::sim {

namespace {

/// Who has said the latest word, where that is one of these: often it was one too many.
const AccountId* last_speaker(const core::ConversationView& view, const std::vector<AccountId>& among) {
    const auto found = view.last ? std::ranges::find(among, view.last->sender) : among.end();
    return found == among.end() ? nullptr : &*found;
}

bool perform_remove_member(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, true);
    const auto people = others(scene, device);
    if (views.empty() || people.empty()) return false;
    const auto& view = pick_lively(scene, views);
    const StreamId stream = view.stream;
    const auto inside = who_is(device, stream, people, true);
    // Now and then somebody who is not in it.
    const bool any = inside.empty() || random.below(4) == 0;
    protocol::MemberRemove remove{.account = random.pick(any ? people : inside)};
    const AccountId* speaker = last_speaker(view, inside);
    if (speaker != nullptr && random.below(2) == 0) remove.account = *speaker;
    remove.target.stream = stream;
    return scene.give(device, std::move(remove)).has_value();
}

}  // namespace

extern const Act remove_member;
const Act remove_member{.name = "remove a member", .weight = 2, .perform = perform_remove_member};

}  // namespace parley::sim
