#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

#include <array>

namespace parley::sim {

namespace {

constexpr std::array emoji = {"\U0001F44D", "\u2764\uFE0F", "\U0001F389", "\U0001F602"};

/// By HTTP, as a program of the person's would.
void react_by_http(Scene& scene, Device& device, const protocol::MessageReact& reaction) {
    std::string body = R"({"emoji":")" + reaction.emoji + '"';
    if (reaction.sender) body += R"(,"sender":")" + reaction.sender->text() + '"';
    if (reaction.remove) body += R"(,"remove":true)";
    run_errand(scene, device, new_errand_id(scene),
               {.method = "PUT",
                .path = "/v1/conversations/" + reaction.target.stream->text() + "/messages/" +
                        reaction.message.text() + "/reactions",
                .body = body + '}',
                .means = reaction});
}

/// To something that was said lately, accepted or not, and now and then to what is deleted; takes back what
/// is there every other time, and changes its mind at once now and then.
bool perform_react(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const auto& view = pick_lively(scene, views);
    const bool of_deleted = random.below(20) == 0;
    const auto message = pick_message(scene, device, view, [&](const core::MessageView& one) {
        return one.deleted == of_deleted && one.state != core::MessageState::failed;
    });
    if (!message) return false;
    protocol::MessageReact reaction{.message = message->id,
                                    .emoji = emoji[static_cast<std::size_t>(random.below(emoji.size()))]};
    reaction.target.stream = view.stream;
    if (!message->own) reaction.sender = message->sender;
    for (const auto& shown : message->reactions)
        if (shown.own && random.below(2) == 0)
            reaction = {reaction.target, reaction.message, reaction.sender, shown.emoji, true};
    if (message->born != 0 && random.below(6) == 0) {
        react_by_http(scene, device, reaction);
        return true;
    }
    if (!scene.give(device, reaction)) return false;
    if (random.below(4) == 0) {
        reaction.remove = !reaction.remove;
        scene.give(device, reaction);
    }
    return true;
}

}  // namespace

extern const Act react;
const Act react{.name = "react to a message", .weight = 6, .perform = perform_react};

}  // namespace parley::sim
