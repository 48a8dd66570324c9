#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

namespace parley::sim {

namespace {

/// Up to one of the newest messages that this device shows.
bool perform_http_read(Scene& scene, Device& device) {
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const StreamId stream = pick_lively(scene, views).stream;
    const auto window = device.node->client().window(stream, {.limit = 5});
    if (!window || window->messages.empty()) return false;
    protocol::Read read{.upto = scene.world().random().pick(window->messages).born};
    read.target.stream = stream;
    if (read.upto == 0) return false;
    run_errand(scene, device, new_errand_id(scene),
               {.method = "POST",
                .path = "/v1/conversations/" + stream.text() + "/read",
                .body = R"({"upto":)" + std::to_string(read.upto) + '}',
                .means = read});
    return true;
}

}  // namespace

extern const Act http_read;
const Act http_read{.name = "read by HTTP", .weight = 3, .perform = perform_http_read};

}  // namespace parley::sim
