#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// A person writes something down for himself.
bool perform_save_message(Scene& scene, Device& device) {
    if (!device.person->account) return false;
    protocol::MessageSend message{.text = new_text(scene, device)};
    message.target.direct = *device.person->account;
    return scene.give(device, std::move(message)).has_value();
}

}  // namespace

extern const Act save_message;
const Act save_message{.name = "save a message", .weight = 3, .perform = perform_save_message};

}  // namespace parley::sim
