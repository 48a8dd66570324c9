#include "sim/report.hpp"

#include "sim/local_reader.hpp"
#include "sim/promise.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <variant>

namespace parley::sim {

namespace {

constexpr int changes_shown = 25;

std::string described(const protocol::Permissions& permissions) {
    std::string text;
    const auto add = [&](std::string_view act, const std::optional<protocol::Role>& least) {
        if (least) text += " " + std::string(act) + "=" + std::string(name_of(*least));
    };
    add("post", permissions.post);
    add("add", permissions.add);
    add("remove", permissions.remove);
    add("rename", permissions.rename);
    add("delete_others", permissions.delete_others);
    add("pin", permissions.pin);
    add("mention_all", permissions.mention_all);
    return text.empty() ? " none" : text;
}

std::string described(const protocol::PreferencesChanged& set) {
    std::string text = "preferences of " + set.conversation.text() + ":";
    if (set.muted_until) text += " muted until " + std::to_string(set.muted_until->ms);
    if (set.archived) text += " archived";
    if (set.pinned != 0) text += " pinned by " + std::to_string(set.pinned);
    if (set.marked_unread) text += " marked as unread";
    return text + " notify " + std::string(name_of(set.notify));
}

std::string described(const protocol::MessageNew& message) {
    if (message.deleted_by)
        return "message by " + message.sender.text() + " deleted by " + message.deleted_by->text();
    const std::string what = message.edited_at ? "edit of a message by " : "message by ";
    return what + message.sender.text() + ": " + message.text.substr(0, 40);
}

std::string described(const protocol::ChangePayload& payload) {
    return std::visit(
        [](const auto& what) -> std::string {
            using What = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<What, protocol::MessageNew> ||
                          std::is_same_v<What, protocol::PreferencesChanged>) {
                return described(what);
            } else if constexpr (std::is_same_v<What, protocol::MemberChanged>) {
                return "member " + what.profile.handle + (what.present ? " in" : " out") + " as " +
                       std::string(name_of(what.role)) + " by " + what.by.text();
            } else if constexpr (std::is_same_v<What, protocol::ConversationChanged>) {
                return "settings, title " + what.title.value_or("none") + ", by " + what.by.text() +
                       (what.permissions ? ", permissions" + described(*what.permissions) : "");
            } else if constexpr (std::is_same_v<What, protocol::Joined>) {
                return "joined " + what.conversation.text() + " from " + std::to_string(what.from);
            } else if constexpr (std::is_same_v<What, protocol::Left>) {
                return "left " + what.conversation.text() + " until " + std::to_string(what.until);
            } else if constexpr (std::is_same_v<What, protocol::ReactionChanged>) {
                return what.account.text() + " reacts to " + std::to_string(what.message) + " with " +
                       what.emoji.value_or("nothing");
            } else if constexpr (std::is_same_v<What, protocol::PinChanged>) {
                return what.by.text() + (what.removed ? " unpins " : " pins ") + std::to_string(what.message);
            } else if constexpr (std::is_same_v<What, protocol::DraftChanged>) {
                return "draft in " + what.conversation.text() +
                       (what.text.empty() ? " taken away" : ": " + what.text.substr(0, 40));
            } else if constexpr (std::is_same_v<What, protocol::ReadChanged>) {
                return "read " + what.conversation.text() + " up to " + std::to_string(what.upto) +
                       ", unread " + std::to_string(what.unread) + ", mentions " +
                       std::to_string(what.mentions) + " as of " + std::to_string(what.as_of.conversation) +
                       ", " + std::to_string(what.as_of.account);
            } else if constexpr (std::is_same_v<What, protocol::BlockChanged>) {
                return (what.blocked ? "blocks " : "unblocks ") + what.account.text();
            } else if constexpr (std::is_same_v<What, protocol::DeviceChanged>) {
                return "device " + what.device.text() + " " + what.name + (what.present ? " in" : " out");
            } else {
                return "profile " + what.profile.handle + ", " + what.profile.name + ", " +
                       std::string(name_of(what.role));
            }
        },
        payload);
}

/// Whose account it is that stands in the lines, and which devices are his.
std::string described(const Person& person) {
    std::string text = person.handle + " = " + person.account->text() + ":";
    for (const Device* device : person.devices) {
        text += " " + device->node->name();
        if (device->signed_in() && device->node->client().device())
            text += " = " + device->node->client().device()->text();
    }
    return text;
}

std::string_view name_of(core::Connection connection) {
    constexpr std::array<std::string_view, 9> names{"signed out",  "offline",    "connecting",
                                                    "catching up", "online",     "revoked",
                                                    "replaced",    "lease lost", "broken"};
    return names.at(static_cast<std::size_t>(connection));
}

/// What the device waits for; the conversations that it is about go into the violation.
std::string state_of(Device& device, Violation& into) {
    if (!device.node->up()) return "down";
    core::Client& client = device.node->client();
    std::string text = "connection " + std::string(name_of(client.connection()));
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
    for (const auto& person : scene.people()) {
        if (person->account) lines.push_back(described(*person));
    }
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
