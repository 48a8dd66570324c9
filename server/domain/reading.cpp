#include "base/mutant.hpp"
#include "server/domain/context.hpp"
#include "server/domain/sync.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace parley::server {

namespace {

using core::rules::Act;
using protocol::Change;

constexpr std::int64_t half(std::int64_t number) {
    return (number + 1) / 2;
}

RowLimits limits_for(const std::optional<std::int64_t>& asked) {
    const auto rows =
        std::clamp<std::int64_t>(asked.value_or(limits::page_rows_max), 1, limits::page_rows_max);
    return {.rows_max = rows, .bytes_max = limits::page_bytes_max};
}

/// A conversation as one reader may see it.
struct Reading {
    Standing standing;
    std::vector<BornRange> visible;

    std::int64_t head() const { return standing.conversation.head; }
    StreamKey stream() const { return StreamKey(standing.conversation.key); }
    bool is_direct() const { return standing.conversation.kind == protocol::ConversationKind::direct; }
};

Result<Reading> open_for(Snapshot& snapshot, AccountKey reader, const StreamId& stream) {
    const auto key = conversation_key(stream.text());
    auto standing = key ? authorize(snapshot, *key, reader, Act::read) : not_member();
    TRY(snapshot.status());
    if (!standing) return fail(std::move(standing).error());
    return Reading{.standing = std::move(*standing),
                   .visible = snapshot.conversations().intervals(*key, reader)};
}

/// Visible messages of one range, over the gaps between memberships.
RowsFound visible_messages(Snapshot& snapshot, const Reading& reading, MessagesWanted wanted) {
    RowsFound all;
    auto ranges = reading.visible;
    if (wanted.newest_first) std::ranges::reverse(ranges);
    if (reading.is_direct()) wanted.reactions_in = reading.visible;
    const auto asked = wanted.range;
    const auto limits = wanted.limits;
    for (const auto& range : ranges) {
        wanted.range = {.first = std::max(asked.first, range.first),
                        .last = std::min(asked.last, range.last)};
        if (wanted.range.first > wanted.range.last) continue;
        if (!all.rows.empty()) wanted.rest.reset();
        wanted.limits = {.rows_max = limits.rows_max - static_cast<std::int64_t>(all.rows.size()),
                         .bytes_max = limits.bytes_max - all.bytes};
        auto found = snapshot.rows().messages(wanted);
        // The first row of a range fits always, but only the first of all may do so; and of its reactions
        // alone a part may be listed.
        if (!all.rows.empty() && (found.bytes > wanted.limits.bytes_max || found.rest)) {
            all.more = true;
            return all;
        }
        all.rest = found.rest;
        std::ranges::move(found.rows, std::back_inserter(all.rows));
        all.bytes += found.bytes;
        if (found.passed != 0) all.passed = found.passed;
        all.more = found.more;
        if (all.more) return all;
    }
    return all;
}

bool exists_in(Snapshot& snapshot, const Reading& reading, BornRange range) {
    const MessagesWanted one{.stream = reading.stream(),
                             .range = range,
                             .limits = {.rows_max = 1, .bytes_max = limits::page_bytes_max}};
    return !visible_messages(snapshot, reading, one).rows.empty();
}

struct PageRead {
    protocol::PageOk page;
    /// As `RowLimits` counts them.
    std::int64_t bytes = 0;
};

/// How much of what, and where it goes on.
struct Portion {
    RowLimits limits;
    std::optional<protocol::PageRest> rest;
};

/// Messages in rising order, each with what stands behind it.
void turn_round(std::vector<Change>& rows) {
    std::ranges::reverse(rows);
    for (auto first = rows.begin(); first != rows.end();) {
        const auto message = std::find_if(first, rows.end(), [](const Change& row) {
            return std::holds_alternative<protocol::MessageNew>(row.payload);
        });
        if (message == rows.end()) return std::reverse(first, rows.end());
        std::reverse(first, std::next(message));
        first = std::next(message);
    }
}

/// The newest below `before`, in order; covers from the first of them, or from 1 where there are no older
/// ones.
PageRead page_before(Snapshot& snapshot, const Reading& reading, std::int64_t last, const Portion& portion) {
    auto found = visible_messages(snapshot, reading,
                                  {.stream = reading.stream(),
                                   .range = {.first = 1, .last = last},
                                   .newest_first = true,
                                   .reactions = true,
                                   .rest = portion.rest,
                                   .limits = portion.limits});
    turn_round(found.rows);
    if (mutant(Mutant::page_claims_one_more)) --found.passed;
    return {.page = {.from = found.more ? std::min(found.passed, last + 1) : 1,
                     .to = last,
                     .as_of = reading.head(),
                     .more_before = found.more,
                     .rows = std::move(found.rows),
                     .rest = found.rest},
            .bytes = found.bytes};
}

/// The oldest from `first` on; covers up to the last of them, or up to `last` where there are no newer ones.
PageRead page_after(Snapshot& snapshot, const Reading& reading, BornRange range, std::int64_t since,
                    const Portion& portion) {
    auto found = visible_messages(snapshot, reading,
                                  {.stream = reading.stream(),
                                   .range = range,
                                   .since = since,
                                   .reactions = true,
                                   .rest = portion.rest,
                                   .limits = portion.limits});
    return {.page = {.from = range.first,
                     .to = found.more ? found.passed : range.last,
                     .as_of = reading.head(),
                     .more_after = found.more,
                     .rows = std::move(found.rows),
                     .rest = found.rest},
            .bytes = found.bytes};
}

protocol::PageOk page_around(Snapshot& snapshot, const Reading& reading, std::int64_t around,
                             const Portion& portion) {
    const auto& limits = portion.limits;
    const auto middle = std::min(around, reading.head());
    const RowLimits lower{.rows_max = half(limits.rows_max), .bytes_max = half(limits.bytes_max)};
    auto below = page_before(snapshot, reading, middle, {lower, portion.rest});
    auto& page = below.page;
    if (page.rest) return std::move(page);
    // One row alone may be larger than half of all.
    const RowLimits upper{.rows_max = limits.rows_max - lower.rows_max,
                          .bytes_max = limits.bytes_max - below.bytes};
    if (upper.rows_max < 1) return std::move(page);
    auto above = page_after(snapshot, reading, {.first = middle + 1, .last = reading.head()}, 0,
                            {upper, portion.rest});
    // The first row of a reading fits always, but here it is not the first.
    if (!page.rows.empty() && (above.bytes > upper.bytes_max || above.page.rest)) return std::move(page);
    page.rest = above.page.rest;
    page.to = above.page.to;
    page.more_after = above.page.more_after;
    std::ranges::move(above.page.rows, std::back_inserter(page.rows));
    return std::move(page);
}

Result<protocol::PageOk> page_between(Snapshot& snapshot, const Reading& reading,
                                      const protocol::Page& request, const Portion& portion) {
    if (!request.from || !request.to || *request.from < 1) {
        return fail(Error{ErrorCode::invalid, "from and to go together, from 1 on", 0, "from"});
    }
    const BornRange range{.first = *request.from, .last = std::min(*request.to, reading.head())};
    return page_after(snapshot, reading, range, request.since.value_or(0), portion).page;
}

Status check_one_way(const protocol::Page& request) {
    const int ways = (request.before ? 1 : 0) + (request.after ? 1 : 0) + (request.around ? 1 : 0) +
                     (request.from || request.to ? 1 : 0);
    if (ways == 1 && (!request.since || request.from)) return {};
    return fail(Error{ErrorCode::invalid, "one of before, after, around, or from with to", 0, "before"});
}

protocol::ChangesOk answer(const protocol::Changes& request, RowsFound found, std::int64_t head) {
    return {.after = request.after,
            .upto = found.more && !mutant(Mutant::changes_claim_the_head) ? found.passed : head,
            .head = head,
            .more = found.more && !mutant(Mutant::changes_claim_the_head),
            .rows = std::move(found.rows)};
}

Status check_cursor(const protocol::Changes& request, std::int64_t head, std::int64_t floor) {
    if (request.after > head) return fail(Error{ErrorCode::invalid, "above the stream's head", 0, "after"});
    if (request.after < floor)
        return fail(ErrorCode::too_old, "below the stream's floor " + std::to_string(floor) + "; jump");
    return {};
}

/// Behind the settings what is pinned of what the reader sees, which is never much.
void add_pins(Snapshot& snapshot, const Reading& reading, std::int64_t after, RowLimits limits,
              RowsFound& found) {
    const RowLimits all{.rows_max = limits::pins_max, .bytes_max = limits::page_bytes_max};
    auto pins = snapshot.rows().of_kind(reading.stream(), protocol::Type::pin_changed, after, all);
    for (auto& row : pins.rows) {
        if (!contain(reading.visible, std::get<protocol::PinChanged>(row.payload).message)) continue;
        if (reading.is_direct() && !is_made_in(reading.visible, row)) continue;
        found.more = std::ssize(found.rows) >= limits.rows_max;
        if (found.more) return;
        found.rows.push_back(std::move(row));
    }
}

}  // namespace

Result<ConversationKey> conversation_of(Snapshot& snapshot, AccountKey reader, const StreamId& stream) {
    TRY_ASSIGN(const auto reading, open_for(snapshot, reader, stream));
    return reading.standing.conversation.key;
}

Result<protocol::ChangesOk> changes(Snapshot& snapshot, AccountKey reader, const protocol::Changes& request) {
    ChangedSince wanted{.after = request.after + (mutant(Mutant::changes_off_by_one) ? 1 : 0),
                        .only_gone = request.only == protocol::Only::removed,
                        .limits = limits_for(request.limit)};
    if (request.stream == to_stream(reader)) {
        const auto* account = snapshot.accounts().find(reader);
        TRY(snapshot.status());
        if (account == nullptr) return fail(ErrorCode::account_not_found, "no such account");
        TRY(check_cursor(request, account->head, account->floor));
        wanted.stream = StreamKey(reader);
        auto found = snapshot.rows().changed_since(wanted);
        TRY(snapshot.status());
        return answer(request, std::move(found), account->head);
    }
    TRY_ASSIGN(const auto reading, open_for(snapshot, reader, request.stream));
    TRY(check_cursor(request, reading.head(), reading.standing.conversation.floor));
    wanted.stream = reading.stream();
    wanted.visible = reading.visible;
    wanted.direct = reading.is_direct();
    auto found = snapshot.rows().changed_since(wanted);
    TRY(snapshot.status());
    return answer(request, std::move(found), reading.head());
}

std::int64_t floor_of(Snapshot& snapshot, AccountKey reader, const StreamId& stream) {
    if (stream == to_stream(reader)) {
        const auto* account = snapshot.accounts().find(reader);
        return account != nullptr ? account->floor : 0;
    }
    const auto reading = open_for(snapshot, reader, stream);
    return reading ? reading->standing.conversation.floor : 0;
}

Result<protocol::PageOk> page(Snapshot& snapshot, AccountKey reader, const protocol::Page& request) {
    TRY_ASSIGN(const auto reading, open_for(snapshot, reader, request.stream));
    TRY(check_one_way(request));
    const Portion portion{.limits = limits_for(request.limit), .rest = request.rest};
    const auto head = reading.head();
    protocol::PageOk page;
    if (request.before) {
        const auto last = *request.before == 0 ? head : std::min(*request.before - 1, head);
        page = page_before(snapshot, reading, last, portion).page;
    } else if (request.after) {
        const auto after = std::min(*request.after, head);  // a number of any size comes from outside
        page = page_after(snapshot, reading, {.first = after + 1, .last = head}, 0, portion).page;
    } else if (request.around) {
        page = page_around(snapshot, reading, *request.around, portion);
    } else {
        TRY_ASSIGN(page, page_between(snapshot, reading, request, portion));
    }
    if (!page.more_before)
        page.more_before = exists_in(snapshot, reading, {.first = 1, .last = page.from - 1});
    if (!page.more_after)
        page.more_after = exists_in(snapshot, reading, {.first = page.to + 1, .last = head});
    TRY(snapshot.status());
    return page;
}

Result<protocol::MessageHistoryOk> message_history(Snapshot& snapshot, AccountKey reader,
                                                   const protocol::MessageHistory& request) {
    TRY_ASSIGN(const auto reading, open_for(snapshot, reader, request.stream));
    const auto sender = request.sender ? account_key(request.sender->text()) : std::optional(reader);
    const auto found = sender ? snapshot.rows().message(*sender, request.message) : std::nullopt;
    TRY(snapshot.status());
    const bool visible =
        found && !found->misled && found->stream == reading.stream() && contain(reading.visible, found->born);
    if (!visible) {
        return fail(
            Error{ErrorCode::message_not_found, "no such message in this conversation", 0, "message"});
    }
    const auto earlier = snapshot.earlier_texts().earlier_texts(reading.stream(), found->born, request.after,
                                                                limits_for(limits::edits_max));
    TRY(snapshot.status());
    protocol::MessageHistoryOk history{.more = earlier.more};
    for (const auto& change : earlier.rows) {
        const auto& said = std::get<protocol::MessageNew>(change.payload);
        history.texts.push_back({.seq = change.seq,
                                 .text = said.text,
                                 .mentions = said.mentions,
                                 .at = said.edited_at.value_or(change.timestamp),
                                 .entities = said.entities,
                                 .custom = said.custom});
    }
    return history;
}

Result<protocol::RowsOk> rows(Snapshot& snapshot, AccountKey reader, const protocol::Rows& request) {
    TRY_ASSIGN(const auto reading, open_for(snapshot, reader, request.stream));
    const auto kind = request.kind == protocol::RowKind::member ? protocol::Type::member_changed
                                                                : protocol::Type::conversation_changed;
    const auto limits = limits_for(request.limit);
    auto found = snapshot.rows().of_kind(reading.stream(), kind, request.after, limits);
    if (request.kind == protocol::RowKind::settings)
        add_pins(snapshot, reading, request.after, limits, found);
    TRY(snapshot.status());
    return protocol::RowsOk{.as_of = reading.head(), .more = found.more, .rows = std::move(found.rows)};
}

}  // namespace parley::server
