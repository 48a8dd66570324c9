#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// Somebody may be in the middle of a sentence on it.
void talk_on(Scene& scene, const Person& person, const DeviceId& signed_out) {
    for (Device* device : person.devices) {
        if (!device->signed_in() || device->node->client().device() != signed_out) continue;
        const auto views = conversations_of(scene, *device, false);
        const auto words = views.empty() ? 0 : scene.world().random().below(6);
        for (std::uint64_t word = 0; word < words; ++word) {
            protocol::MessageSend message{.text = new_text(scene, *device)};
            message.target.stream = views.front().stream;
            scene.give(*device, std::move(message));
        }
        return;
    }
}

/// One of the others of this person; he signs in on it again later.
bool perform_revoke_device(Scene& scene, Device& device) {
    const auto devices = device.node->client().devices();
    if (!devices) return false;
    for (const auto& other : *devices) {
        if (other.own || scene.world().random().below(2) == 0) continue;
        const bool given = scene.give(device, protocol::DeviceRevoke{.device = other.device}).has_value();
        talk_on(scene, *device.person, other.device);
        return given;
    }
    return false;
}

}  // namespace

extern const Act revoke_device;
const Act revoke_device{.name = "sign a device out", .weight = 1, .perform = perform_revoke_device};

}  // namespace parley::sim
