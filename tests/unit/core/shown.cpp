#include "tests/unit/core/shown.hpp"

#include "core/door/answer.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace parley::test {

namespace {

constexpr std::int64_t shown_max = 100;

protocol::DoorReply ask(core::Client& core, const protocol::DoorRequest& request, Now now) {
    return core::answer(core, request, now);
}

std::string bytes_of(const protocol::DoorReply& reply) {
    return protocol::encode(reply, protocol::Encoding::json);
}

protocol::DoorRequest about(protocol::DoorAct act) {
    protocol::DoorRequest request;
    request.act = act;
    return request;
}

template <class T>
bool says(std::span<const core::Notice> notices, const T& what) {
    return std::ranges::any_of(notices, [&](const core::Notice& notice) {
        const T* said = std::get_if<T>(&notice);
        return said && *said == what;
    });
}

}  // namespace

Shown look_at(core::Client& core, Now now) {
    Shown shown{.connection = core.connection()};
    const bool ended =
        shown.connection == core::Connection::broken || shown.connection == core::Connection::lease_lost;
    if (ended) return shown;
    protocol::DoorRequest all;
    all.conversations = protocol::DoorListQuery{0, shown_max};
    const protocol::DoorReply list = ask(core, all, now);
    shown.listed["list"] = bytes_of(list);
    shown.listed["devices"] = bytes_of(ask(core, about(protocol::DoorAct::devices), now));
    shown.waiting["outbox"] = bytes_of(ask(core, about(protocol::DoorAct::outbox), now));
    shown.badge["badge"] = bytes_of(ask(core, about(protocol::DoorAct::badge), now));
    for (const protocol::ViewConversation& view : list.conversations) {
        // What exists only in the outbox stands in the list, with all that it has.
        if (!view.stream) continue;
        auto& parts = shown.conversations[*view.stream];
        protocol::DoorRequest request;
        request.conversation = *view.stream;
        parts["conversation"] = bytes_of(ask(core, request, now));
        request = {};
        request.members = *view.stream;
        parts["members"] = bytes_of(ask(core, request, now));
        request = {};
        request.window = protocol::DoorWindowQuery{.stream = *view.stream, .limit = shown_max};
        parts["window"] = bytes_of(ask(core, request, now));
    }
    return shown;
}

std::vector<std::string> unannounced(const Shown& before, const Shown& after,
                                     std::span<const core::Notice> notices) {
    std::vector<std::string> found;
    const auto compare = [&](const auto& was, const auto& is, const std::string& where) {
        for (const auto& [part, bytes] : is) {
            const auto old = was.find(part);
            if (old == was.end() || old->second == bytes) continue;
            found.push_back(where + part + ": " + old->second + " became " + bytes);
        }
    };
    if (before.connection != after.connection && !says(notices, core::ConnectionChanged{after.connection}))
        found.emplace_back("connection");
    const bool any_touched = std::ranges::any_of(notices, [](const core::Notice& notice) {
        return std::holds_alternative<core::ConversationTouched>(notice);
    });
    if (!says(notices, core::ListChanged{})) {
        compare(before.listed, after.listed, "");
        // A message that waits is shown in its conversation.
        if (!any_touched) compare(before.waiting, after.waiting, "");
    }
    if (!says(notices, core::BadgeChanged{})) compare(before.badge, after.badge, "");
    for (const auto& [stream, parts] : after.conversations) {
        const auto old = before.conversations.find(stream);
        if (old == before.conversations.end() || says(notices, core::ConversationTouched{stream})) continue;
        compare(old->second, parts, stream.text() + " ");
    }
    return found;
}

}  // namespace parley::test
