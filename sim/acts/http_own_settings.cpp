#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

#include <utility>

namespace parley::sim {

namespace {

Errand set(Random& random, const protocol::Target& target, const std::string& path) {
    protocol::PreferencesSet set{.target = target};
    std::string body;
    switch (random.below(4)) {
        case 0:
            set.archived = random.below(2) == 0;
            body = R"({"archived":)" + std::string(*set.archived ? "true" : "false") + '}';
            break;
        case 1:
            set.pinned = random.below(2) == 0;
            body = R"({"pinned":)" + std::string(*set.pinned ? "true" : "false") + '}';
            break;
        case 2:
            set.notify = random.below(2) == 0 ? protocol::Notify::silent : protocol::Notify::all;
            body = R"({"notify":")" + std::string(name_of(*set.notify)) + "\"}";
            break;
        default:
            set.marked_unread = true;
            body = R"({"marked_unread":true})";
    }
    return {.method = "PATCH", .path = path + "/preferences", .body = std::move(body), .means = set};
}

/// A program writes without a word about what it has seen, or takes away what is there.
Errand write(Scene& scene, Device& device, const protocol::Target& target, const std::string& path) {
    protocol::DraftSet draft{.target = target};
    if (scene.world().random().below(3) != 0)
        draft.text = device.node->name() + " says #" + std::to_string(scene.world().next_number());
    return {.method = "PUT",
            .path = path + "/draft",
            .body = R"({"text":")" + draft.text + "\"}",
            .means = draft};
}

bool perform_http_own_settings(Scene& scene, Device& device) {
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const StreamId stream = pick_lively(scene, views).stream;
    const protocol::Target target{.stream = stream};
    const std::string path = "/v1/conversations/" + stream.text();
    Random& random = scene.world().random();
    Errand errand = random.below(2) == 0 ? set(random, target, path) : write(scene, device, target, path);
    run_errand(scene, device, new_errand_id(scene), std::move(errand));
    return true;
}

}  // namespace

extern const Act http_own_settings;
const Act http_own_settings{
    .name = "set for oneself by HTTP", .weight = 3, .perform = perform_http_own_settings};

}  // namespace parley::sim
