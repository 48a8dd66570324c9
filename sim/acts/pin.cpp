#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

namespace parley::sim {

namespace {

/// By HTTP, as a program of the person's would.
void pin_by_http(Scene& scene, Device& device, const protocol::MessagePin& pin) {
    std::string body = R"({"remove":)" + std::string(pin.remove ? "true" : "false");
    if (pin.sender) body += R"(,"sender":")" + pin.sender->text() + '"';
    run_errand(scene, device, new_errand_id(scene),
               {.method = "PUT",
                .path = "/v1/conversations/" + pin.target.stream->text() + "/messages/" + pin.message.text() +
                        "/pin",
                .body = body + '}',
                .means = pin});
}

/// What was said lately, accepted or not, and now and then what is deleted; or unpins something, from the
/// list of what is pinned, and now and then what is not. Mostly where one may.
bool perform_pin(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& view = random.below(2) == 0 ? pick_lively(scene, views) : pick_of_rank(scene, views);
    const auto pins = device.node->client().pins(view.stream);
    protocol::MessagePin pin{.target = {.stream = view.stream}};
    bool placed = false;
    if (pins && !pins->empty() && random.below(2) == 0) {
        const auto& one = random.pick(*pins);
        placed = one.born != 0;
        pin.message = one.id;
        if (one.sender != *device.node->client().account()) pin.sender = one.sender;
        pin.remove = random.below(10) != 0;
    } else {
        const bool of_deleted = random.below(20) == 0;
        const auto message = pick_message(scene, device, view, [&](const core::MessageView& one) {
            return one.deleted == of_deleted && one.state != core::MessageState::failed;
        });
        if (!message) return false;
        placed = message->born != 0;
        pin.message = message->id;
        if (!message->own) pin.sender = message->sender;
        pin.remove = random.below(10) == 0;
    }
    if (placed && random.below(6) == 0) {
        pin_by_http(scene, device, pin);
        return true;
    }
    return scene.give(device, pin).has_value();
}

}  // namespace

extern const Act pin_message;
const Act pin_message{.name = "pin a message", .weight = 4, .perform = perform_pin};

}  // namespace parley::sim
