#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

#include <vector>

namespace parley::sim {

namespace {

/// Whatever was said anywhere, seen or not, as somebody could know it by its id.
std::optional<protocol::ForwardOf> anything(Scene& scene) {
    std::vector<protocol::ForwardOf> said;
    for (const auto& [stream, history] : scene.history().streams()) {
        if (!history.conversation) continue;
        for (const auto& [born, seq] : history.latest) {
            const auto* message = history.message(born);
            const auto* row = history.row(born);
            if (message != nullptr && row->id)
                said.push_back({.stream = stream, .message = *row->id, .sender = message->sender});
        }
    }
    if (said.empty()) return std::nullopt;
    return scene.world().random().pick(said);
}

/// As a program writes it; now and then as one that knows what it may not, or has words of its own for what
/// somebody else has said.
void forward_by_http(Scene& scene, Device& device, const StreamId& to, protocol::MessageSend message) {
    Random& random = scene.world().random();
    message.target = {.stream = to};
    if (random.below(3) == 0)
        if (auto other = anything(scene)) message.forward = std::move(other);
    std::string body = R"({"forward":{"stream":")" + message.forward->stream.text() + R"(","message":")" +
                       message.forward->message.text() + '"';
    if (message.forward->sender) body += R"(,"sender":")" + message.forward->sender->text() + '"';
    body += '}';
    if (message.silent) body += R"(,"silent":true)";
    if (random.below(6) == 0) {
        message.text = "words of another";
        body += R"(,"text":")" + message.text + '"';
    }
    run_errand(scene, device, new_errand_id(scene),
               {.method = "POST",
                .path = "/v1/conversations/" + to.text() + "/messages",
                .body = body + '}',
                .means = message});
}

/// Something that was said lately, accepted or not, into another conversation or the same one; now and then
/// what is deleted, and now and then two at once.
bool perform_forward_message(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& from = pick_lively(scene, views);
    const auto& to = random.pick(views);
    bool any = false;
    for (std::uint64_t left = 1 + random.below(2); left > 0; --left) {
        const bool of_deleted = random.below(20) == 0;
        const auto message = pick_message(scene, device, from, [&](const core::MessageView& one) {
            return one.deleted == of_deleted && one.state != core::MessageState::failed;
        });
        if (!message) continue;
        protocol::MessageSend forward{
            .text = {},
            .silent = random.below(5) == 0,
            .forward = protocol::ForwardOf{.stream = from.stream, .message = message->id}};
        if (!message->own) forward.forward->sender = message->sender;
        any = true;
        if (message->born != 0 && random.below(4) == 0) {
            forward_by_http(scene, device, to.stream, std::move(forward));
            continue;
        }
        forward.target = name_for(scene, device, to);
        if (!scene.give(device, std::move(forward))) return false;
    }
    return any;
}

}  // namespace

extern const Act forward_message;
const Act forward_message{.name = "forward a message", .weight = 7, .perform = perform_forward_message};

}  // namespace parley::sim
