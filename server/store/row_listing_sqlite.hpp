#pragma once

#include "server/store/rows_sqlite.hpp"

#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

namespace parley::server::sqlite {

/// False: the reading is full, and has more.
inline bool has_room(std::int64_t bytes, RowLimits limits, RowsFound& found) {
    found.more = std::cmp_greater_equal(found.rows.size(), limits.rows_max) ||
                 (!found.rows.empty() && found.bytes + bytes > limits.bytes_max);
    return !found.more;
}

/// Messages and what hangs on them, message by message. Rows are given in order of their places.
class RowTable::Listing {
  public:
    Listing(RowTable& table, const MessagesWanted& wanted, RowsFound& found)
        : table_(table), wanted_(wanted), found_(found), left_(wanted.range) {}

    /// The next message; nothing where it is bad. False: there is no more room.
    bool add(std::int64_t place, std::optional<RowAt> message) {
        if (wanted_.since > 0 && !add_reactions_below(place)) return false;
        begin(place);
        const bool goes_on = goes_on_here();
        if (message && !goes_on && !take(std::move(*message))) return false;
        return add_reactions() && end();
    }

    /// There is no message any more: what is left are reactions to such as did not change.
    void finish() {
        if (wanted_.since > 0) add_reactions_below(left_.last + 1);
    }

  private:
    bool goes_on_here() const {
        return found_.rows.empty() && wanted_.rest && wanted_.rest->message == message_;
    }

    void begin(std::int64_t place) {
        message_ = place;
        first_row_ = found_.rows.size();
        bytes_before_ = found_.bytes;
        reaction_ = goes_on_here() ? wanted_.rest->after : 0;
    }

    bool end() {
        found_.passed = message_;
        (wanted_.newest_first ? left_.last : left_.first) = message_ + (wanted_.newest_first ? -1 : 1);
        return true;
    }

    bool add_reactions_below(std::int64_t place) {
        while (wanted_.reactions && left_.first < place) {
            const auto next =
                table_.reactions_.nearest(wanted_.stream, {left_.first, place - 1}, wanted_.since, false);
            if (next == 0) return true;
            begin(next);
            if (!add_reactions() || !end()) return false;
        }
        return true;
    }

    bool add_reactions() {
        if (!wanted_.reactions || !is_reacted_to()) return true;
        const auto room = wanted_.limits.rows_max - std::ssize(found_.rows) + 1;
        auto passed = reaction_;
        while (true) {
            const auto places =
                table_.reactions_.places(wanted_.stream, message_, passed, wanted_.since, room);
            for (const auto place : places)
                if (!add_reaction(place)) return false;
            // There is more where some of these are not for this reader.
            if (std::ssize(places) < room) return true;
            passed = places.back();
        }
    }

    bool add_reaction(std::int64_t place) {
        if (!wanted_.reactions_in.empty() && !contain(wanted_.reactions_in, place)) return true;
        auto row = table_.at(wanted_.stream, place);
        if (!row) return true;
        const auto* reaction = std::get_if<protocol::ReactionChanged>(&row->change.payload);
        if (reaction == nullptr || reaction->message != message_) {
            table_.host_.bad_index(wanted_.stream.value, place);
            return true;
        }
        if (!take(std::move(*row))) return false;
        reaction_ = place;
        return true;
    }

    /// Most messages are not, so that the next one that is is known for many.
    bool is_reacted_to() {
        const bool falling = wanted_.newest_first;
        if (!nearest_ || (falling ? *nearest_ > message_ : *nearest_ != 0 && *nearest_ < message_)) {
            const BornRange ahead{.first = falling ? left_.first : message_,
                                  .last = falling ? message_ : left_.last};
            nearest_ = table_.reactions_.nearest(wanted_.stream, ahead, 0, falling);
        }
        return *nearest_ == message_;
    }

    bool take(RowAt row) {
        if (has_room(row.bytes, wanted_.limits, found_)) {
            found_.bytes += row.bytes;
            found_.rows.push_back(std::move(row.change));
            return true;
        }
        if (first_row_ > 0 || found_.rows.empty()) {
            found_.rows.resize(first_row_);
            found_.bytes = bytes_before_;
        } else {
            found_.rest = {.message = message_, .after = reaction_};
            found_.passed = wanted_.newest_first ? wanted_.range.last + 1 : wanted_.range.first - 1;
        }
        return false;
    }

    RowTable& table_;
    const MessagesWanted& wanted_;
    RowsFound& found_;
    /// What is still to be listed.
    BornRange left_;
    std::int64_t message_ = 0;
    std::size_t first_row_ = 0;
    std::int64_t bytes_before_ = 0;
    /// The last reaction that was listed.
    std::int64_t reaction_ = 0;
    /// The next message that was ever reacted to; 0: there is none.
    std::optional<std::int64_t> nearest_;
};

}  // namespace parley::server::sqlite
