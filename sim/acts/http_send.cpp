#include "protocol/generated/cpp/limits.hpp"
#include "sim/acts/act.hpp"
#include "sim/errand.hpp"
#include "sim/said.hpp"

#include <utility>

namespace parley::sim {

namespace {

void send(Scene& scene, Device& device, const protocol::Target& target, const Uuid& id,
          std::optional<Uuid> follows = {}) {
    Random& random = scene.world().random();
    protocol::MessageSend message{.target = target, .text = new_text(scene, device)};
    // What is too long a core takes from nobody; this program knows better, too.
    while (std::cmp_greater(message.text.size(), limits::text_points_max))
        message.text = new_text(scene, device);
    // Texts of this world hold nothing that would have to be escaped.
    std::string body = R"({"text":")" + message.text + '"';
    const auto people = others(scene, device);
    if (!people.empty() && random.below(4) == 0) {
        message.mentions = {random.pick(people)};
        body += R"(,"mentions":[")" + message.mentions.front().text() + R"("])";
    }
    message.entities = random.below(16) == 0 ? broken_entities(random, message.text)
                                             : some_entities(random, message.text, people);
    body += body_of(message.entities);
    if (target.stream && random.below(5) == 0) {
        const auto window = device.node->client().window(*target.stream, {.limit = 5});
        const auto answered =
            window && !window->messages.empty() ? std::optional(random.pick(window->messages)) : std::nullopt;
        if (answered && answered->born != 0 && !answered->not_on_server) {
            message.reply_to = answered->id;
            body += R"(,"reply_to":")" + answered->id.text() + '"';
        }
    }
    const std::string path = target.stream ? "/v1/conversations/" + target.stream->text() + "/messages"
                                           : "/v1/direct/" + target.direct->text() + "/messages";
    run_errand(scene, device, id,
               {.method = "POST", .path = path, .body = body + '}', .means = message, .follows = follows});
}

/// To a person or a conversation; there now and then two at once, of which one names the other as the one
/// before it.
bool perform_http_send(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    protocol::Target target;
    const Uuid first = new_errand_id(scene);
    if (random.below(3) == 0) {
        const auto people = others(scene, device);
        if (people.empty()) return false;
        target.direct = random.pick(people);
        send(scene, device, target, first);
        return true;
    }
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    target.stream = pick_lively(scene, views).stream;
    send(scene, device, target, first);
    if (random.below(3) == 0) send(scene, device, target, new_errand_id(scene), first);
    return true;
}

}  // namespace

extern const Act http_send;
const Act http_send{.name = "send by HTTP", .weight = 6, .perform = perform_http_send};

}  // namespace parley::sim
