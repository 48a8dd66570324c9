// Views of what the person has set for himself, and the badge, which follows from that.

#include "core/commands.hpp"
#include "core/rules/preferences.hpp"
#include "core/views.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <utility>

namespace parley::core {

/// As the server has them, and with what waits on top.
protocol::PreferencesChanged Views::preferences(const StreamId& stream, const std::string& lane) const {
    return outbox_.preferences_after(lane, own_settings_.preferences(stream));
}

/// The same of a conversation. To make the name of its lane costs more than the rest.
protocol::PreferencesChanged Views::preferences(const StreamId& stream) const {
    auto own = own_settings_.preferences(stream);
    if (!outbox_.may_change(own)) return own;
    return outbox_.preferences_after(lane_of_conversation(stream), std::move(own));
}

Status Views::show_own(const StreamId& stream, const std::string& lane, WallTime now,
                       ConversationView& view) const {
    const auto own = preferences(stream, lane);
    view.muted = rules::is_muted(own, now);
    if (view.muted && own.muted_until->ms < limits::muted_forever) view.muted_until = own.muted_until;
    view.archived = own.archived;
    view.pinned = own.pinned != 0;
    view.marked_unread = own.marked_unread;
    view.notify = own.notify;
    if (view.present && !view.pending)
        view.badge = rules::badge_of({.unread = view.unread, .mentions = view.mentions}, own, now);
    const Command* waiting = outbox_.draft_in(lane);
    if (!waiting) {
        TRY_ASSIGN(view.draft, own_settings_.draft(stream));
        return {};
    }
    TRY_ASSIGN(auto envelope, outbox_.envelope(*waiting));
    auto& draft = std::get<protocol::DraftSet>(envelope.payload);
    if (!draft.text.empty())
        view.draft =
            DraftView{.text = std::move(draft.text), .reply_to = draft.reply_to, .at = waiting->made_at};
    return {};
}

Result<std::int64_t> Views::badge(WallTime now) {
    std::int64_t badge = 0;
    for (const auto& [stream, conversation] : conversations_.all()) {
        if (!conversation->known || !conversation->present) continue;
        const auto own = preferences(stream);
        if (!rules::is_in_badge(own, now)) continue;
        TRY_ASSIGN(const auto tally, counts(*conversation));
        badge += rules::badge_of(tally, own, now);
    }
    return badge;
}

}  // namespace parley::core
