// A window of a conversation: what of it is held, and what must be asked for.

#include "base/mutant.hpp"
#include "core/commands.hpp"
#include "core/views.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::core {
namespace {

constexpr std::size_t window_max = 1000;

/// The highest place that the conversation has for its reader.
std::int64_t top_of(const Conversation& c) {
    return c.present ? c.head : std::max(c.cursor, c.until);
}

/// The question that fills the gap next to what the window is about.
protocol::Page page_for(const Conversation& c, const WindowQuery& query, const std::vector<Range>& gaps) {
    protocol::Page page;
    page.stream = c.stream;
    if (query.around) {
        for (const Range& gap : gaps) {
            if (gap.low > *query.around || gap.high < *query.around) continue;
            page.around = *query.around;
            return page;
        }
    }
    if (query.after || (query.around && gaps.back().low > *query.around)) {
        const auto nearest = std::ranges::find_if(gaps, [&](const Range& gap) {
            return gap.high > query.after.value_or(query.around.value_or(0));
        });
        page.after = (nearest == gaps.end() ? gaps.back() : *nearest).low - 1;
        return page;
    }
    const std::int64_t high = gaps.back().high;
    page.before = high >= c.head ? 0 : high + 1;
    return page;
}

}  // namespace

Result<Views::Window> Views::window(const StreamId& stream, const WindowQuery& query) {
    Window window;
    Conversation* conversation = conversations_.find(stream);
    if (!conversation) return window;
    WindowView& view = window.view;
    TRY_ASSIGN(Span span, collect(*conversation, query, view));

    const auto gaps = conversation->ranges.gaps(span.low, span.high);
    view.missing = !gaps.empty();
    // What is missing below the first message that is shown may be more of them.
    const std::int64_t first = view.messages.empty() ? span.high + 1 : view.messages.front().born;
    view.more_before = view.more_before || !conversation->ranges.covers(1, first - 1);
    view.more_after = view.more_after || !conversation->ranges.covers(span.high + 1, top_of(*conversation));
    if (!view.more_after) {
        const std::string lane = lane_of_conversation(stream);
        TRY_ASSIGN(auto pending, pending_messages(lane, std::clamp<std::size_t>(query.limit, 1, window_max)));
        view.messages.insert(view.messages.end(), std::make_move_iterator(pending.begin()),
                             std::make_move_iterator(pending.end()));
    }
    if (!conversation->present) return window;

    // A short way up to the head is pulled anyway.
    const bool pulled_soon = conversation->behind() <= limits::page_rows_max;
    if (!gaps.empty() && !(pulled_soon && gaps.front().low > conversation->solid))
        window.wanted.push_back(page_for(*conversation, query, gaps));
    for (const Range& stale : conversation->ranges.stale(span.low, span.high)) {
        protocol::Page page;
        page.stream = stream;
        page.from = stale.low;
        page.to = stale.high;
        page.since = stale.as_of;
        window.wanted.push_back(page);
    }
    return window;
}

/// Fills in the messages that are held, and returns which places they stand for: up to the next message on
/// each side where there are more, up to the end of the conversation where there are not.
Result<Views::Span> Views::collect(const Conversation& c, const WindowQuery& query, WindowView& view) {
    const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, window_max);
    Span span{1, top_of(c)};
    if (query.around) {
        const std::int64_t behind = mutant(Mutant::window_without_its_place) ? 0 : 1;
        TRY(add_rows(c, *query.around + behind, std::nullopt, limit - limit / 2, view));
        TRY(add_rows(c, std::nullopt, *query.around, limit / 2, view));
    } else if (query.after) {
        span.low = *query.after + 1;
        TRY(add_rows(c, std::nullopt, *query.after, limit, view));
    } else {
        if (query.before) span.high = std::min(span.high, *query.before - 1);
        TRY(add_rows(c, query.before.value_or(end_of_time), std::nullopt, limit, view));
    }
    if (view.more_before) span.low = view.messages.front().born;
    // The place itself belongs to the window, also where that has room for nothing behind it.
    if (view.more_after) {
        const std::int64_t last = view.messages.empty() ? 0 : view.messages.back().born;
        span.high = std::max(last, query.around.value_or(0));
    }
    // What stands on the other side of the place that was named.
    if (query.after && !query.around) {
        TRY_ASSIGN(auto other_side, rows_.messages_below(c.number, span.low, 1));
        view.more_before = !other_side.empty();
    } else if (query.before && !query.around) {
        TRY_ASSIGN(auto other_side, rows_.messages_above(c.number, span.high, 1));
        view.more_after = !other_side.empty() && !mutant(Mutant::window_ends_too_early);
    }
    return span;
}

Result<std::optional<StreamId>> Views::stream_of(const protocol::Target& target) const {
    if (target.stream) return target.stream;
    if (target.direct) {
        const Conversation* known = conversations_.direct_with(*target.direct);
        return known ? std::optional(known->stream) : std::nullopt;
    }
    if (!target.made_by) return std::nullopt;
    return outbox_.made_by(*target.made_by);
}

Result<WindowView> Views::pending_window(const protocol::Target& target, const WindowQuery& query) const {
    WindowView view;
    if (!target.direct && !target.made_by) return view;
    const std::string lane = target.direct ? lane_of_peer(*target.direct) : lane_of_creation(*target.made_by);
    // One more than wanted tells whether there are more.
    const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, window_max);
    TRY_ASSIGN(view.messages, pending_messages(lane, limit + 1));
    view.more_before = view.messages.size() > limit;
    if (view.more_before) view.messages.erase(view.messages.begin());
    return view;
}

Status Views::add_rows(const Conversation& c, std::optional<std::int64_t> below,
                       std::optional<std::int64_t> above, std::size_t limit, WindowView& view) {
    // One more than wanted tells whether there are more, also where none is wanted.
    if (below) {
        TRY_ASSIGN(auto rows, rows_.messages_below(c.number, *below, limit + 1));
        view.more_before = rows.size() > limit;
        if (view.more_before) rows.pop_back();
        std::ranges::reverse(rows);
        TRY(add_messages(c, rows, view));
    }
    if (above) {
        TRY_ASSIGN(auto rows, rows_.messages_above(c.number, *above, limit + 1));
        view.more_after = rows.size() > limit;
        if (view.more_after) rows.pop_back();
        TRY(add_messages(c, rows, view));
    }
    return {};
}

Status Views::add_messages(const Conversation& c, const std::vector<StoredRow>& rows,
                           WindowView& view) const {
    TRY_ASSIGN(auto tallies, rows_.reactions(c.number, rows));
    for (const StoredRow& row : rows) {
        TRY_ASSIGN(auto shown, message(c, row));
        if (!shown.deleted) {
            for (auto& tally : tallies[row.change.born]) {
                TRY_ASSIGN(auto accounts,
                           rows_.who_reacted(c.number, row, tally.emoji, limits::reactions_shown_max));
                shown.reactions.push_back({.emoji = std::move(tally.emoji),
                                           .count = tally.count,
                                           .own = tally.own,
                                           .accounts = std::move(accounts)});
            }
            apply_reactions(shown);
        }
        view.messages.push_back(std::move(shown));
    }
    return {};
}

Result<std::vector<MessageView>> Views::pending_messages(const std::string& lane, std::size_t limit) const {
    std::vector<const Command*> commands;
    for (const Command* command : outbox_.in_lane(lane))
        if (command->type == protocol::Type::message_send) commands.push_back(command);
    if (commands.size() > limit)
        commands.erase(commands.begin(), commands.end() - static_cast<std::ptrdiff_t>(limit));
    std::vector<MessageView> views;
    for (const Command* command : commands) {
        TRY_ASSIGN(auto view, pending_message(*command));
        if (!view.deleted) apply_reactions(view);
        views.push_back(std::move(view));
    }
    return views;
}

/// What the person has said by an emoji is shown at once.
void Views::apply_reactions(MessageView& view) const {
    const AccountId& self = identity_.get().account;
    for (const Command* command : outbox_.reactions_to(view.id, view.sender, view.own)) {
        const auto& asked = *command->reaction;
        auto shown = std::ranges::find(view.reactions, asked.emoji, &ReactionView::emoji);
        if (shown == view.reactions.end()) {
            if (asked.remove) continue;
            shown = view.reactions.insert(shown, {.emoji = asked.emoji});
        }
        shown->changing = true;
        if (shown->own == !asked.remove) continue;
        shown->own = !asked.remove;
        shown->count += asked.remove ? -1 : 1;
        if (asked.remove)
            std::erase(shown->accounts, self);
        else if (std::ssize(shown->accounts) < limits::reactions_shown_max)
            shown->accounts.push_back(self);
        if (shown->count == 0) view.reactions.erase(shown);
    }
}

}  // namespace parley::core
