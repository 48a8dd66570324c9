#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::core {

/// A part of a conversation's history of which the device holds every message that its person may see.
///
///     born    1 ........ 480   481 ..... 899   900 ............. 1200   1201 ...
///             as of 500        not held        live              ^cursor
///
/// `as_of` is the `seq` for which that is true. A range whose as_of is `live` is kept true by the cursor:
/// every change above some point that the range already contains goes through it. Others are true as of then,
/// and are checked with `page {from, to, since}` before they can become live again.
struct Range {
    static constexpr std::int64_t live = std::numeric_limits<std::int64_t>::max();

    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t as_of = live;

    friend bool operator==(const Range&, const Range&) = default;
};

/// The ranges of one conversation: in order, disjoint, neighbours with the same as_of united.
class RangeSet {
  public:
    const std::vector<Range>& all() const { return ranges_; }
    bool empty() const { return ranges_.empty(); }

    /// Takes in a range; where it overlaps others, the newer as_of wins. Nothing where `low` is above `high`.
    void add(Range range);
    /// Forgets that these are held.
    void remove(std::int64_t low, std::int64_t high);
    /// The cursor leaves history behind (a jump): what was live is from now on true as of `as_of`.
    void freeze(std::int64_t as_of);
    /// Nothing that is not live is known to be true as of anything later than this.
    void limit_as_of(std::int64_t latest);

    /// The range that holds this place.
    std::optional<Range> at(std::int64_t born) const;
    /// True where every place from `low` to `high` is held.
    bool covers(std::int64_t low, std::int64_t high) const;
    /// The parts of low..high that are not held, in order.
    std::vector<Range> gaps(std::int64_t low, std::int64_t high) const;
    /// The parts of low..high that are held as of this or later, in order.
    std::vector<Range> held(std::int64_t low, std::int64_t high, std::int64_t as_of) const;
    /// The parts of low..high that are held but not live, in order.
    std::vector<Range> stale(std::int64_t low, std::int64_t high) const;

    /// "1-480@500 900-1200": what the database keeps.
    std::string text() const;
    static std::optional<RangeSet> parse(std::string_view text);

    /// In order, disjoint, united.
    bool well_formed() const;

    friend bool operator==(const RangeSet&, const RangeSet&) = default;

  private:
    void unite();
    std::vector<Range> ranges_;
};

}  // namespace parley::core
