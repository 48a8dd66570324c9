#include "sim/report.hpp"

#include "sim/local_reader.hpp"
#include "sim/promise.hpp"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <variant>

namespace parley::sim {

namespace {

constexpr int changes_shown = 25;

std::string described(const protocol::ChangePayload& payload) {
    return std::visit(
        [](const auto& what) -> std::string {
            using What = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<What, protocol::MessageNew>) {
                return "message by " + what.sender.text() + ": " + what.text.substr(0, 40);
            } else if constexpr (std::is_same_v<What, protocol::MemberChanged>) {
                return "member " + what.profile.handle + (what.present ? " in" : " out") + " by " +
                       what.by.text();
            } else if constexpr (std::is_same_v<What, protocol::ConversationChanged>) {
                return "settings, title " + what.title.value_or("none");
            } else if constexpr (std::is_same_v<What, protocol::Joined>) {
                return "joined " + what.conversation.text() + " from " + std::to_string(what.from);
            } else if constexpr (std::is_same_v<What, protocol::Left>) {
                return "left " + what.conversation.text() + " until " + std::to_string(what.until);
            } else if constexpr (std::is_same_v<What, protocol::PreferencesChanged>) {
                return "preferences of " + what.conversation.text();
            } else if constexpr (std::is_same_v<What, protocol::DraftChanged>) {
                return "draft in " + what.conversation.text() + (what.text.empty() ? " taken away" : "");
            } else if constexpr (std::is_same_v<What, protocol::ReadChanged>) {
                return "read " + what.conversation.text() + " up to " + std::to_string(what.upto) +
                       ", unread " + std::to_string(what.unread) + ", mentions " +
                       std::to_string(what.mentions) + " as of " + std::to_string(what.as_of.conversation) +
                       ", " + std::to_string(what.as_of.account);
            } else if constexpr (std::is_same_v<What, protocol::DeviceChanged>) {
                return "device " + what.device.text() + " " + what.name + (what.present ? " in" : " out");
            } else {
                return "profile " + what.profile.name;
            }
        },
        payload);
}

/// What the device waits for; the conversations that it is about go into the violation.
std::string state_of(Device& device, Violation& into) {
    if (!device.node->up()) return "down";
    core::Client& client = device.node->client();
    std::string text = "connection " + std::to_string(static_cast<int>(client.connection()));
    if (!device.node->connected()) text += ", no connection";
    const auto waiting = client.outbox();
    if (!waiting) return text + ", outbox unreadable";
    for (const auto& one : *waiting) {
        if (one.state == core::CommandState::failed) continue;
        text += ", " + std::string(protocol::name_of(protocol::type_of(one.command))) + " " + one.id.text();
        text += one.state == core::CommandState::queued ? " queued" : " in flight";
        if (text.size() > 400) return text + " …";
    }
    const auto views = client.conversations(0, 1000);
    if (!views) return text;
    for (const auto& view : *views) {
        const auto shown = everything_shown(client, view);
        const bool misses = shown && shown->missing;
        if (!view.present || (view.complete && !misses)) continue;
        text += ", " + view.stream.text() + (view.complete ? " misses a part" : " is incomplete");
        const auto& streams = into.streams;
        if (std::ranges::find(streams, view.stream) == streams.end()) into.streams.push_back(view.stream);
    }
    return text;
}

}  // namespace

std::vector<std::string> last_changes(Scene& scene, const Violation& violation) {
    std::vector<std::string> lines;
    for (const StreamId& stream : violation.streams) {
        const StreamHistory* history = scene.history().find(stream);
        if (history == nullptr) {
            lines.push_back(stream.text() + ": unknown");
            continue;
        }
        const auto count = static_cast<int>(history->changes.size());
        auto change = std::prev(history->changes.end(), std::min(changes_shown, count));
        for (; change != history->changes.end(); ++change) {
            lines.push_back(stream.text() + "/" + std::to_string(change->first) + " born " +
                            std::to_string(change->second.born) + "  " + described(change->second.payload));
        }
    }
    for (const auto& device : scene.devices()) {
        if (std::ranges::find(violation.devices, device->node->name()) == violation.devices.end()) continue;
        for (auto& line : local_state(device->node->disk(), violation.streams))
            lines.push_back(std::move(line));
    }
    return lines;
}

Violation restless(Scene& scene) {
    Violation violation{.promise = 6, .what = "the world did not come to rest after it was healed:"};
    for (const auto& device : scene.devices()) {
        violation.what += "\n  " + device->node->name() + ": " + state_of(*device, violation);
        violation.devices.push_back(device->node->name());
    }
    violation.what += "\n  server: " + std::string(scene.server().up() ? "up" : "down") +
                      (scene.server().idle() ? ", idle" : ", busy");
    if (scene.has_errands()) violation.what += "\n  an errand by HTTP is not over";
    return violation;
}

}  // namespace parley::sim
