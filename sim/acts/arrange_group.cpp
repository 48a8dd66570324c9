#include "sim/acts/act.hpp"

#include <algorithm>
#include <utility>

namespace parley::sim {

namespace {

/// The next step: another title, or the one about whom the owner cannot decide goes out or comes in again.
protocol::Payload step_of(Scene& scene, const StreamId& stream, const AccountId& wavering, bool& inside) {
    if (scene.world().random().below(2) == 0) {
        protocol::ConversationRename rename{.title = "name " + std::to_string(scene.world().next_number())};
        rename.target.stream = stream;
        return rename;
    }
    inside = !inside;
    if (inside) {
        protocol::MemberAdd add{.accounts = {wavering}};
        add.target.stream = stream;
        return add;
    }
    protocol::MemberRemove remove{.account = wavering};
    remove.target.stream = stream;
    return remove;
}

/// An owner puts a group in order, in a few steps within seconds, while the others' devices still fetch what
/// the step before has changed.
bool perform_arrange_group(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    auto views = conversations_of(scene, device, true);
    std::erase_if(views, [](const auto& view) { return view.summary.role != protocol::Role::owner; });
    const auto people = others(scene, device);
    if (views.empty() || people.empty()) return false;
    const StreamId stream = pick_lively(scene, views).stream;
    const AccountId wavering = random.pick(people);
    const auto members = who_is(device, stream, people, true);
    bool inside = std::ranges::find(members, wavering) != members.end();
    Duration when;
    const std::int64_t steps = random.between(3, 8);
    for (std::int64_t step = 0; step < steps; ++step) {
        scene.world().after(when, [&scene, &device, command = step_of(scene, stream, wavering, inside)] {
            scene.give(device, command);
        });
        when = when + milliseconds(random.between(20, 600));
    }
    return true;
}

}  // namespace

extern const Act arrange_group;
const Act arrange_group{.name = "put a group in order", .weight = 2, .perform = perform_arrange_group};

}  // namespace parley::sim
