#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

bool perform_send_direct(Scene& scene, Device& device) {
    const auto people = others(scene, device);
    if (people.empty()) return false;
    protocol::MessageSend message{.text = new_text(scene, device)};
    message.target.direct = scene.world().random().pick(people);
    return scene.give(device, std::move(message)).has_value();
}

}  // namespace

extern const Act send_direct;
const Act send_direct{
    .name = "send to a person", .weight = 10, .always = true, .perform = perform_send_direct};

}  // namespace parley::sim
