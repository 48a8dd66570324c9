#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// Often the first words come before the server has said that the group is there.
bool perform_create_group(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    protocol::ConversationCreate create{.title = "group " + std::to_string(scene.world().next_number())};
    create.shares_history = random.below(5) == 0;
    for (const auto& account : others(scene, device)) {
        if (random.below(3) != 0) create.members.push_back(account);
    }
    const auto made = scene.give(device, std::move(create));
    if (!made) return false;
    const auto words = random.below(4);
    for (std::uint64_t word = 0; word < words; ++word) {
        protocol::MessageSend message{.text = new_text(scene, device)};
        message.target.made_by = *made;
        scene.give(device, std::move(message));
    }
    return true;
}

}  // namespace

extern const Act create_group;
const Act create_group{.name = "make a group", .weight = 3, .perform = perform_create_group};

}  // namespace parley::sim
