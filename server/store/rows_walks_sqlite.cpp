// Readings of many rows: history by place, changes by number.

#include "base/mutant.hpp"
#include "server/store/row_listing_sqlite.hpp"
#include "server/store/rows_sqlite.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace parley::server::sqlite {

using protocol::Type;

namespace {

/// So many places in a row are tried where a record cannot be read: more than stand on a page that is damaged
/// as a whole.
constexpr int unreadable_places_max = 1024;

}  // namespace

bool RowTable::take(const Query& query, RowLimits limits, RowsFound& found) {
    const auto bytes = frame_bytes(query.blob(body));
    if (!has_room(bytes, limits, found)) return false;
    found.passed = query.integer(born);
    if (auto change = read(query)) {
        found.rows.push_back(std::move(*change));
        found.bytes += bytes;
    }
    return true;
}

bool RowTable::take(RowAt row, RowLimits limits, RowsFound& found) {
    const auto passed = row.change.seq;
    return take_as(std::move(row), passed, limits, found);
}

bool RowTable::take_placed(RowAt row, RowLimits limits, RowsFound& found) {
    const auto passed = row.change.born;
    return take_as(std::move(row), passed, limits, found);
}

bool RowTable::take_as(RowAt row, std::int64_t passed, RowLimits limits, RowsFound& found) {
    if (!has_room(row.bytes, limits, found)) return false;
    found.passed = passed;
    found.bytes += row.bytes;
    found.rows.push_back(std::move(row.change));
    return true;
}

/// Rows of one stream by place, up or down, over whatever cannot be read. The columns begin with stream and
/// born.
class RowTable::Walk {
  public:
    Walk(RowTable& table, Statement& statement, StreamKey stream, BornRange range, bool falling = false)
        : table_(table), statement_(statement), stream_(stream), range_(range), falling_(falling) {}

    bool step() {
        for (int passed_over = 0; range_.first <= range_.last; ++passed_over) {
            if (!query_ && !begin()) continue;
            if (query_->step()) {
                const auto place = query_->integer(born);
                if (query_->integer(stream) == stream_.value && range_.contains(place)) {
                    pass(place);
                    return true;
                }
                // A damaged link has led among rows that were not asked for, and that are perhaps none of the
                // reader's business.
                if (passed_over == 0) note_gap();
                if (passed_over == unreadable_places_max)
                    table_.connection_.note_damage("rows stand out of place");
                if (table_.connection_.failed()) return false;
                continue;
            }
            query_.reset();
            if (!table_.connection_.failed()) {
                if (stretch_end_ == last()) return false;
                pass(stretch_end_);
                continue;
            }
            if (passed_over == unreadable_places_max || !table_.may_pass_over(stream_, range_)) return false;
            if (passed_over == 0) note_gap();
            // Where exactly the bad record stands is not known: behind all that was read, and it is tried
            // from the next place on, and the next one.
            pass(next());
        }
        return false;
    }

    const Query& row() const { return *query_; }
    /// How often something could not be read.
    std::int64_t gaps() const { return gaps_; }

  private:
    std::int64_t next() const { return falling_ ? range_.last : range_.first; }
    std::int64_t last() const { return falling_ ? range_.first : range_.last; }

    /// Starts a query over the places up to the next one that is known to be unreadable; false where that is
    /// the very next one.
    bool begin() {
        auto stretch = range_;
        const auto unreadable = table_.unreadable_within(stream_, range_, falling_);
        if (unreadable == next()) {
            note_gap();
            pass(next());
            return false;
        }
        if (unreadable) (falling_ ? stretch.first : stretch.last) = *unreadable + (falling_ ? 1 : -1);
        stretch_end_ = falling_ ? stretch.first : stretch.last;
        statement_.start(stream_, stretch.first, stretch.last);
        query_.emplace(statement_);
        return true;
    }

    void note_gap() {
        ++gaps_;
        if (falling_) range_.last = std::min(range_.last, table_.head(stream_));
        table_.host_.bad_row(stream_.value, next());
    }

    void pass(std::int64_t place) {
        if (falling_) {
            range_.last = place - 1;
        } else {
            range_.first = place + 1;
        }
    }

    RowTable& table_;
    Statement& statement_;
    StreamKey stream_;
    BornRange range_;
    bool falling_;
    std::int64_t gaps_ = 0;
    std::int64_t stretch_end_ = 0;
    std::optional<Query> query_;
};

/// The nearest place of the range that is known to be unreadable.
std::optional<std::int64_t> RowTable::unreadable_within(StreamKey stream_key, BornRange range,
                                                        bool falling) const {
    if (unreadable_.empty()) return std::nullopt;
    auto found = unreadable_.lower_bound({stream_key.value, range.first});
    if (falling) {
        const auto above = unreadable_.upper_bound({stream_key.value, range.last});
        if (above == unreadable_.begin()) return std::nullopt;
        found = std::prev(above);
    }
    const bool within =
        found != unreadable_.end() && found->first == stream_key.value && range.contains(found->second);
    return within ? std::optional(found->second) : std::nullopt;
}

bool RowTable::may_pass_over(StreamKey stream_key, BornRange places) {
    if (!connection_.damaged()) return false;
    if (connection_.writing()) {
        trouble_ = {.stream = stream_key, .places = places};
        return false;
    }
    connection_.clear();
    return true;
}

bool RowTable::learn() {
    const auto trouble = std::exchange(trouble_, std::nullopt);
    if (!trouble) return false;
    const auto [stream_key, places] = *trouble;
    const auto last = std::min(places.last, places.first + unreadable_places_max);
    for (auto place = places.first; place <= last && !connection_.failed(); ++place) {
        {
            auto query = at_(stream_key, place);
            (void)query.step();
        }
        if (!connection_.damaged()) continue;
        connection_.clear();
        unreadable_.emplace(stream_key.value, place);
        return true;
    }
    connection_.clear();
    return false;
}

std::int64_t RowTable::head(StreamKey stream_key) {
    auto query = head_(stream_key);
    return query.step() ? query.integer(0) : 0;
}

RowsFound RowTable::changed_since(const ChangedSince& wanted) {
    // Three walks, each in order of seq, merged: unchanged messages range by range, other unchanged rows,
    // changed rows.
    RowsFound found;
    std::size_t range = 0;
    std::optional<Walk> messages;
    const auto next_message = [&] {
        for (; !wanted.only_gone && range < wanted.visible.size(); ++range) {
            const auto [first, last] = wanted.visible[range];
            if (!messages) {
                messages.emplace(*this, unchanged_messages_, wanted.stream,
                                 BornRange{.first = std::max(first, wanted.after + 1), .last = last});
            }
            if (messages->step()) return true;
            messages.reset();
        }
        return false;
    };
    auto fixed_places = fixed_places_(wanted.stream, wanted.after);
    const auto next_fixed = [&]() -> std::optional<RowAt> {
        while (!wanted.only_gone && fixed_places.step()) {
            auto row = at(wanted.stream, fixed_places.integer(0));
            if (row && row->change.type() == Type::message_new) {
                // Who may see it is not asked here.
                host_.bad_index(wanted.stream.value, row->change.born);
            } else if (row && row->change.seq == row->change.born && is_seen(*row, wanted)) {
                return row;
            }
        }
        return std::nullopt;
    };
    auto changed_places = changed_places_(wanted.stream, wanted.after);
    const auto next_changed = [&]() -> std::optional<RowAt> {
        while (!mutant(Mutant::changed_rows_left_out) && changed_places.step()) {
            auto row = at(wanted.stream, changed_places.integer(1));
            if (row && row->change.seq != changed_places.integer(0)) {
                host_.bad_index(wanted.stream.value, row->change.born);
            } else if (row && is_seen(*row, wanted)) {
                return row;
            }
        }
        return std::nullopt;
    };
    const auto seq_of = [](const std::optional<RowAt>& row) {
        return row ? row->change.seq : last_born;
    };
    bool has_message = next_message();
    auto fixed = next_fixed();
    auto changed = next_changed();
    while (has_message || fixed || changed) {
        const auto message_seq = has_message ? messages->row().integer(seq) : last_born;
        if (message_seq < seq_of(fixed) && message_seq < seq_of(changed)) {
            if (!take(messages->row(), wanted.limits, found)) break;
            has_message = next_message();
        } else if (seq_of(fixed) < seq_of(changed)) {
            if (!take(std::move(*fixed), wanted.limits, found)) break;
            fixed = next_fixed();
        } else {
            if (!take(std::move(*changed), wanted.limits, found)) break;
            changed = next_changed();
        }
    }
    return found;
}

bool RowTable::is_seen(const RowAt& row, const ChangedSince& wanted) {
    if (wanted.only_gone && !row.gone) return false;
    const auto* reaction = std::get_if<protocol::ReactionChanged>(&row.change.payload);
    const auto* pin = std::get_if<protocol::PinChanged>(&row.change.payload);
    if (row.change.type() != Type::message_new && reaction == nullptr && pin == nullptr) return true;
    if (reaction != nullptr && mutant(Mutant::reactions_of_the_unseen)) return true;
    if (pin != nullptr && mutant(Mutant::pins_of_the_unseen)) return true;
    const auto message = reaction != nullptr ? reaction->message
                         : pin != nullptr    ? pin->message
                                             : row.change.born;
    if (wanted.direct && !is_made_in(wanted.visible, row.change)) return false;
    return contain(wanted.visible, message);
}

RowsFound RowTable::messages(const MessagesWanted& wanted) {
    RowsFound found;
    Listing listing(*this, wanted, found);
    const auto take_all = [&](Walk walk) {
        while (walk.step()) {
            if (!listing.add(walk.row().integer(born), row_at(walk.row()))) return;
        }
        listing.finish();
    };
    const auto [first, last] = wanted.range;
    if (wanted.newest_first) {
        assert(wanted.since == 0);
        take_all(Walk(*this, messages_down_, wanted.stream, wanted.range, true));
        return found;
    }
    // What was made after `since` is newer in any case; of what stood there before, only what has changed.
    if (wanted.since > 0) {
        for (const auto place : changed_places(
                 wanted.stream, {.first = first, .last = std::min(last, wanted.since)}, wanted.since)) {
            auto row = at(wanted.stream, place);
            if (!row || row->change.type() != Type::message_new || row->change.seq <= wanted.since) continue;
            if (!listing.add(place, std::move(row))) return found;
        }
    }
    take_all(
        Walk(*this, messages_up_, wanted.stream, {.first = std::max(first, wanted.since + 1), .last = last}));
    return found;
}

std::vector<std::int64_t> RowTable::changed_places(StreamKey stream_key, BornRange range,
                                                   std::int64_t since) {
    std::vector<std::int64_t> places;
    auto query = changed_places_(stream_key, since);
    while (query.step()) {
        if (range.contains(query.integer(1))) places.push_back(query.integer(1));
    }
    std::ranges::sort(places);
    return places;
}

RowsFound RowTable::of_kind(StreamKey stream_key, Type wanted, std::int64_t after, RowLimits limits) {
    RowsFound found;
    if (wanted == Type::conversation_changed) {
        // A stream has one such row, in a slot of its own, and may have thousands of members.
        const auto here = place(stream_key, Slot::settings());
        auto row = here > after ? at(stream_key, here) : std::nullopt;
        if (row && row->change.type() == wanted) {
            take_placed(std::move(*row), limits, found);
        } else if (row) {
            host_.bad_index(stream_key.value, here);
        }
        return found;
    }
    assert(wanted == Type::member_changed || wanted == Type::pin_changed);
    auto places =
        wanted == Type::pin_changed ? pinned_places_(stream_key, after) : member_places_(stream_key, after);
    while (places.step()) {
        auto row = at(stream_key, places.integer(0));
        if (row && row->change.type() == wanted && !take_placed(std::move(*row), limits, found)) break;
    }
    return found;
}

MessageCounts RowTable::count_messages(StreamKey stream_key, BornRange range, AccountKey own) {
    MessageCounts counts;
    Walk walk(*this, counted_, stream_key, range);
    while (walk.step()) {
        ++counts.all;
        if (walk.row().integer(2) == own.value) ++counts.own;
    }
    // What cannot be read was most probably a message of somebody.
    counts.all += walk.gaps();
    return counts;
}

std::vector<std::int64_t> RowTable::places_of(StreamKey stream_key, BornRange range, AccountKey author) {
    std::vector<std::int64_t> places;
    Walk walk(*this, counted_, stream_key, range);
    while (walk.step()) {
        const bool deleted = walk.row().integer(3) != 0;
        if (walk.row().integer(2) == author.value && !deleted) places.push_back(walk.row().integer(born));
    }
    return places;
}

}  // namespace parley::server::sqlite
