#include "sim/acts/act.hpp"
#include "sim/errand.hpp"
#include "sim/said.hpp"

namespace parley::sim {

namespace {

/// Longer ones no fallback may be.
constexpr std::size_t fallback_max = 900;

void send_by_http(Scene& scene, Device& device, protocol::MessageSend message, const std::string& said) {
    Random& random = scene.world().random();
    if (random.below(6) == 0) message.custom = broken_custom(random, said);
    std::string body = R"({"text":")" + message.text + '"' + body_of(message.custom);
    if (message.silent) body += R"(,"silent":true)";
    run_errand(scene, device, new_errand_id(scene),
               {.method = "POST",
                .path = "/v1/conversations/" + message.target.stream->text() + "/messages",
                .body = body + '}',
                .means = message});
}

/// What an application says to itself, with or without a text for those who do not know it.
bool perform_send_custom(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const std::string said = new_text(scene, device);
    protocol::MessageSend message{
        .text = {}, .silent = random.below(4) == 0, .custom = some_custom(random, said)};
    message.target.stream = pick_lively(scene, views).stream;
    if (said.size() <= fallback_max && random.below(3) != 0) message.text = said;
    if (random.below(3) == 0) {
        send_by_http(scene, device, std::move(message), said);
        return true;
    }
    return scene.give(device, std::move(message)).has_value();
}

}  // namespace

extern const Act send_custom;
const Act send_custom{.name = "send custom data", .weight = 5, .perform = perform_send_custom};

}  // namespace parley::sim
