#include "sim/acts/act.hpp"
#include "sim/errand.hpp"
#include "sim/said.hpp"

namespace parley::sim {

namespace {

std::string path_of(const StreamId& stream, const core::MessageView& message) {
    return "/v1/conversations/" + stream.text() + "/messages/" + message.id.text();
}

std::string named_sender(const std::optional<AccountId>& sender) {
    return sender ? "?sender=" + sender->text() : "";
}

Errand edit(Scene& scene, Device& device, const StreamId& stream, const core::MessageView& message) {
    protocol::MessageEdit edit{.message = message.id, .text = new_text(scene, device)};
    edit.target.stream = stream;
    std::string body = R"({"text":")" + edit.text + '"';
    const auto people = others(scene, device);
    if (!people.empty() && scene.world().random().below(3) == 0) {
        edit.mentions = {scene.world().random().pick(people)};
        body += R"(,"mentions":[")" + edit.mentions.front().text() + R"("])";
    }
    edit.entities = scene.world().random().below(16) == 0
                        ? broken_entities(scene.world().random(), edit.text)
                        : some_entities(scene.world().random(), edit.text, people);
    body += body_of(edit.entities);
    return {.method = "PATCH", .path = path_of(stream, message), .body = body + '}', .means = edit};
}

Errand remove(const StreamId& stream, const core::MessageView& message) {
    protocol::MessageDelete deletion{.message = message.id};
    deletion.target.stream = stream;
    if (!message.own) deletion.sender = message.sender;
    return {.method = "DELETE",
            .path = path_of(stream, message) + named_sender(deletion.sender),
            .means = deletion};
}

Errand read_earlier_texts(const StreamId& stream, const core::MessageView& message) {
    protocol::MessageHistory question{.stream = stream, .message = message.id};
    if (!message.own) question.sender = message.sender;
    return {.method = "GET",
            .path = path_of(stream, message) + "/history" + named_sender(question.sender),
            .means = question};
}

/// Edits a message, deletes it, or asks what it said before. What others said, now and then too.
bool perform_http_edit(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& view = pick_lively(scene, views);
    const bool of_others = random.below(6) == 0;
    const auto message = pick_message(scene, device, view, [&](const core::MessageView& one) {
        return one.own != of_others && one.born != 0 && !one.not_on_server;
    });
    if (!message) return false;
    const auto what = random.below(6);
    Errand errand = what <= 2   ? edit(scene, device, view.stream, *message)
                    : what <= 4 ? read_earlier_texts(view.stream, *message)
                                : remove(view.stream, *message);
    if (errand.body.size() > static_cast<std::size_t>(limits::text_points_max)) return false;
    run_errand(scene, device, new_errand_id(scene), std::move(errand));
    return true;
}

}  // namespace

extern const Act http_edit;
const Act http_edit{.name = "edit by HTTP", .weight = 4, .perform = perform_http_edit};

}  // namespace parley::sim
