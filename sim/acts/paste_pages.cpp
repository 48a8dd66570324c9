#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// So long that a few of them fill a frame, a page, or the queue of somebody who reads slowly.
bool perform_paste_pages(Scene& scene, Device& device) {
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    Random& random = scene.world().random();
    const auto& view = pick_lively(scene, views);
    const std::int64_t count = random.below(4) == 0 ? random.between(15, 30) : random.between(3, 14);
    for (std::int64_t one = 0; one < count; ++one) {
        protocol::MessageSend message{.text = new_text(scene, device)};
        if (message.text.size() < 1'000)
            message.text.append(static_cast<std::size_t>(random.between(4'000, 7'000)), 'x');
        message.target.stream = view.stream;
        if (!scene.give(device, std::move(message))) return one > 0;
    }
    return true;
}

}  // namespace

extern const Act paste_pages;
const Act paste_pages{.name = "paste pages", .weight = 2, .perform = perform_paste_pages};

}  // namespace parley::sim
