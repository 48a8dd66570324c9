// What is kept in memory of the rows, so that it need not be looked up for each of them.

#include "core/rows.hpp"

#include <algorithm>

namespace parley::core {
namespace {

/// Of so many streams the members are kept in memory: those that people talk in at the time.
constexpr std::size_t seats_kept_max = 32;

/// Where the row says that somebody is a member: his seat, in order of `born`.
void add_seat(std::vector<Seat>& seats, const protocol::Change& change) {
    const auto* member = std::get_if<protocol::MemberChanged>(&change.payload);
    if (!member || !member->present) return;
    const auto behind = std::ranges::upper_bound(seats, change.born, {}, &Seat::born);
    seats.insert(behind, {.born = change.born,
                          .account = member->profile.account,
                          .sees_from = member->from.value_or(change.born),
                          .surely_from = member->from.value_or(change.seq)});
}

}  // namespace

Result<Rows::Held> Rows::held(std::int64_t stream, std::int64_t born) {
    TRY_ASSIGN(const std::int64_t highest, highest_place(stream));
    if (born > highest) return Held{};
    TRY_ASSIGN(Query query,
               database_.read("SELECT seq, not_on_server, unreadable, type FROM stream_row WHERE stream = ?"
                              " AND born = ?",
                              stream, born));
    TRY_ASSIGN(const bool found, query.step());
    if (!found) return Held{};
    return Held{.there = true,
                .lost = query.integer(1) != 0,
                .unreadable = query.integer(2) != 0,
                .seq = query.integer(0),
                .type = query.integer(3)};
}

Result<std::int64_t> Rows::highest_place(std::int64_t stream) {
    forget_what_was_taken_back();
    if (const auto known = highest_places_.find(stream); known != highest_places_.end()) return known->second;
    TRY_ASSIGN(Query query, database_.read("SELECT born FROM stream_row WHERE stream = ? AND born >= 0"
                                           " ORDER BY born DESC LIMIT 1",
                                           stream));
    TRY_ASSIGN(const bool found, query.step());
    return highest_places_[stream] = found ? query.integer(0) : -1;
}

Result<std::span<const Seat>> Rows::seats(std::int64_t stream) {
    forget_what_was_taken_back();
    if (const auto kept = seats_.find(stream); kept != seats_.end()) return kept->second;
    TRY_ASSIGN(const auto rows, of_type(stream, protocol::Type::member_changed));
    if (seats_.size() >= seats_kept_max) seats_.clear();
    std::vector<Seat>& seats = seats_[stream];
    for (const auto& row : rows)
        if (!row.not_on_server) add_seat(seats, row.change);
    return seats;
}

/// A row is about to become this: what is kept of the members follows.
void Rows::note_seat(std::int64_t stream, const protocol::Change& change, const Held& before) {
    const auto kept = seats_.find(stream);
    if (kept == seats_.end()) return;
    const auto member_row = static_cast<std::int64_t>(protocol::Type::member_changed);
    const bool was_member = before.there && before.type == member_row;
    if (change.unreadable || before.unreadable) {
        seats_.erase(kept);
        return;
    }
    if (was_member) std::erase_if(kept->second, [&](const Seat& seat) { return seat.born == change.born; });
    add_seat(kept->second, change);
}

void Rows::forget_known() {
    seats_.clear();
    any_lost_.reset();
    any_unreadable_.reset();
    highest_places_.clear();
}

void Rows::forget_what_was_taken_back() {
    if (known_as_of_ != database_.rollbacks()) forget_known();
    known_as_of_ = database_.rollbacks();
}

Result<bool> Rows::finds(Sql sql) {
    TRY_ASSIGN(Query query, database_.read(sql));
    return query.step();
}

Result<bool> Rows::any_not_on_server() {
    forget_what_was_taken_back();
    if (!any_lost_) {
        TRY_ASSIGN(any_lost_, finds("SELECT 1 FROM stream_row INDEXED BY stream_row_lost"
                                    " WHERE not_on_server = 1 AND stream >= 0 LIMIT 1"));
    }
    return *any_lost_;
}

Result<bool> Rows::any_unreadable() {
    forget_what_was_taken_back();
    if (!any_unreadable_) {
        TRY_ASSIGN(any_unreadable_, finds("SELECT 1 FROM stream_row INDEXED BY stream_row_unreadable"
                                          " WHERE unreadable = 1 AND stream >= 0 LIMIT 1"));
    }
    return *any_unreadable_;
}

}  // namespace parley::core
