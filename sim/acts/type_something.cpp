#include "sim/acts/act.hpp"

#include <algorithm>

namespace parley::sim {

namespace {

/// Looks at some conversations, now and then at one that the person is out of, and types in one.
bool perform_type(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    auto listed = scene.list(device);
    if (!listed || !device.node->up()) return false;
    std::erase_if(*listed, [](const core::ConversationView& view) { return view.stream.empty(); });
    if (listed->empty()) return false;
    std::vector<StreamId> looks;
    for (const core::ConversationView& view : *listed)
        if (random.below(3) == 0 && looks.size() < 4) looks.push_back(view.stream);
    const StreamId stream = random.pick(*listed).stream;
    if (random.below(4) != 0 && std::ranges::find(looks, stream) == looks.end()) looks.push_back(stream);
    const auto luck = random.below(10);
    const auto kind = luck == 0   ? protocol::TypingKind::stopped
                      : luck <= 2 ? protocol::TypingKind::voice
                                  : protocol::TypingKind::text;
    device.node->act([&](core::Client& client) {
        client.look(looks, device.node->now());
        client.type(stream, kind, device.node->now());
    });
    return true;
}

}  // namespace

extern const Act type_something;
const Act type_something{.name = "type something", .weight = 6, .perform = perform_type};

}  // namespace parley::sim
