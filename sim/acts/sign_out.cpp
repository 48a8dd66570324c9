#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// What still waits when somebody signs out goes with everything else.
void talk_on(Scene& scene, Device& device) {
    const auto views = conversations_of(scene, device, false);
    const auto words = views.empty() ? 0 : scene.world().random().between(1, 25);
    for (std::int64_t word = 0; word < words; ++word) {
        protocol::MessageSend message{.text = new_text(scene, device)};
        message.target.stream = views.front().stream;
        scene.give(device, std::move(message));
    }
}

/// A tunnel, or a cable that is pulled before somebody thinks of it.
void lose_network(Scene& scene, Device& device) {
    if (!device.node->link().up) return;
    device.node->link().up = false;
    device.node->cut(false);
    if (scene.world().random().below(2) == 0) device.node->tell_network(false);
    scene.world().after(milliseconds(scene.world().random().between(500, 30'000)), [&device] {
        device.node->link().up = true;
        device.node->tell_network(true);
    });
}

/// Of this device, in one of the ways there are; its person signs in on it again later.
bool perform_sign_out(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    if (random.below(3) == 0) talk_on(scene, device);
    if (random.below(4) == 0) lose_network(scene, device);
    const auto way = random.below(8);
    const Duration away = milliseconds(random.below(2) == 0 ? 0 : random.between(1'000, 60'000));
    if (!device.signed_in()) return true;
    if (way == 0) {
        // By the list of devices, in which this one stands, too.
        const auto own = device.node->client().device();
        return own && scene.give(device, protocol::DeviceRevoke{.device = *own}).has_value();
    }
    scene.sign_out(device, way <= 2 ? Leaving::without_a_word : Leaving::told, away);
    return true;
}

}  // namespace

extern const Act sign_out;
const Act sign_out{.name = "sign out", .weight = 1, .perform = perform_sign_out};

}  // namespace parley::sim
