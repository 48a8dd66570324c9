#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

#include <algorithm>
#include <utility>

namespace parley::sim {

namespace {

/// Whom: now and then himself, or nobody; mostly one of the others, and more often one who is blocked, so
/// that people go on talking.
protocol::BlockSet choose(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    protocol::BlockSet set{.blocked = true};
    const auto blocked = device.node->client().blocked();
    const auto people = others(scene, device);
    if (random.below(25) == 0) {
        set.account = random.below(2) == 0 ? *device.node->client().account() : AccountId("a0000000000");
    } else if (blocked && !blocked->empty() && random.below(3) != 0) {
        set.account = random.pick(*blocked).account;
        set.blocked = false;
    } else if (!people.empty()) {
        set.account = random.pick(people);
        set.blocked = random.below(5) != 0;
    }
    return set;
}

bool perform_block(Scene& scene, Device& device) {
    const protocol::BlockSet set = choose(scene, device);
    if (set.account.empty()) return false;
    if (scene.world().random().below(4) != 0) return scene.give(device, set).has_value();
    run_errand(scene, device, new_errand_id(scene),
               {.method = set.blocked ? "PUT" : "DELETE",
                .path = "/v1/blocks/" + set.account.text(),
                .body = set.blocked ? R"({"blocked":true})" : "",
                .means = set});
    return true;
}

}  // namespace

extern const Act block_somebody;
const Act block_somebody{.name = "block somebody", .weight = 3, .perform = perform_block};

}  // namespace parley::sim
