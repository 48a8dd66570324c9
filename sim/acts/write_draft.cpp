#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

void write(Scene& scene, Device& device, const protocol::Target& target, std::string text) {
    scene.give(device, protocol::DraftSet{.target = target, .text = std::move(text)});
}

/// Begins to write, and pauses now and then; in the end sends it or not. Every third time what is there is
/// taken away instead.
bool perform_write_draft(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_and_pending(scene, device);
    if (views.empty()) return false;
    const auto target = name_for(scene, device, pick_lively(scene, views));
    if (random.below(3) == 0) {
        write(scene, device, target, {});
        return true;
    }
    const std::string text = new_text(scene, device);
    write(scene, device, target, text);
    std::int64_t pause = 0;
    for (std::int64_t more = random.below(3); more > 0; --more) {
        pause += random.between(5, 2'000);
        scene.world().after(milliseconds(pause), [&scene, &device, target, text, more] {
            write(scene, device, target, text + " and" + std::string(static_cast<std::size_t>(more), '.'));
        });
    }
    if (random.below(2) == 0) {
        scene.world().after(milliseconds(pause + random.between(5, 500)),
                            [&scene, &device, target] { write(scene, device, target, {}); });
    }
    return true;
}

}  // namespace

extern const Act write_draft;
const Act write_draft{.name = "write a draft", .weight = 5, .perform = perform_write_draft};

}  // namespace parley::sim
