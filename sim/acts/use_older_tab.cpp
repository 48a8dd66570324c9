#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// Somebody types into the tab that does not own the database any more. It may show what it has, but whatever
/// it takes over would be lost, or sent twice.
bool perform_use_older_tab(Scene& scene, Device& device) {
    Tab* tab = device.node->older();
    if (tab == nullptr) return false;
    if (scene.world().random().below(10) == 0) {
        // Nor may it erase what is not its own any more.
        tab->act([&](core::Client& client) { client.sign_out(device.node->now()); });
        return true;
    }
    const auto people = others(scene, device);
    if (people.empty()) return false;
    protocol::MessageSend message{.text = new_text(scene, device)};
    message.target.direct = scene.world().random().pick(people);
    tab->act([&](core::Client& client) {
        const auto taken = client.submit(std::move(message), device.node->now());
        if (!taken) return;
        scene.violated({6,
                        device.node->name() + ": a tab took command " + taken->text() +
                            " after another one had taken over the database",
                        {},
                        {device.node->name()}});
    });
    return true;
}

}  // namespace

extern const Act use_older_tab;
const Act use_older_tab{
    .name = "use an older tab", .weight = 10, .always = true, .perform = perform_use_older_tab};

}  // namespace parley::sim
