#include "core/ranges.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

namespace parley::core {
namespace {

std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

bool take(std::string_view& text, char expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

void RangeSet::add(Range range) {
    if (range.low > range.high) return;
    // The new range is cut at every place that is held with an as_of at least as new; the older parts give
    // way.
    std::vector<Range> kept;
    std::vector<Range> added;
    std::int64_t next = range.low;
    for (const Range& held : ranges_) {
        if (held.high < range.low || held.low > range.high) {
            kept.push_back(held);
            continue;
        }
        if (held.as_of >= range.as_of) {
            if (next < held.low) added.push_back({next, held.low - 1, range.as_of});
            next = std::max(next, held.high + 1);
            kept.push_back(held);
            continue;
        }
        if (held.low < range.low) kept.push_back({held.low, range.low - 1, held.as_of});
        if (held.high > range.high) kept.push_back({range.high + 1, held.high, held.as_of});
    }
    if (next <= range.high) added.push_back({next, range.high, range.as_of});
    kept.insert(kept.end(), added.begin(), added.end());
    ranges_ = std::move(kept);
    unite();
}

void RangeSet::remove(std::int64_t low, std::int64_t high) {
    if (low > high) return;
    std::vector<Range> kept;
    for (const Range& held : ranges_) {
        if (held.low < low) kept.push_back({held.low, std::min(held.high, low - 1), held.as_of});
        if (held.high > high) kept.push_back({std::max(held.low, high + 1), held.high, held.as_of});
    }
    ranges_ = std::move(kept);
    unite();
}

void RangeSet::freeze(std::int64_t as_of) {
    for (Range& range : ranges_)
        if (range.as_of == Range::live) range.as_of = as_of;
    unite();
}

void RangeSet::limit_as_of(std::int64_t latest) {
    for (Range& range : ranges_)
        if (range.as_of != Range::live) range.as_of = std::min(range.as_of, latest);
    unite();
}

std::optional<Range> RangeSet::at(std::int64_t born) const {
    for (const Range& range : ranges_)
        if (range.low <= born && born <= range.high) return range;
    return std::nullopt;
}

bool RangeSet::covers(std::int64_t low, std::int64_t high) const {
    return gaps(low, high).empty();
}

std::vector<Range> RangeSet::gaps(std::int64_t low, std::int64_t high) const {
    std::vector<Range> found;
    std::int64_t next = low;
    for (const Range& range : ranges_) {
        if (range.high < next) continue;
        if (range.low > high) break;
        if (range.low > next) found.push_back({next, range.low - 1});
        next = range.high + 1;
    }
    if (next <= high) found.push_back({next, high});
    return found;
}

std::vector<Range> RangeSet::held(std::int64_t low, std::int64_t high, std::int64_t as_of) const {
    std::vector<Range> found;
    for (const Range& range : ranges_) {
        if (range.as_of < as_of || range.high < low || range.low > high) continue;
        found.push_back({std::max(low, range.low), std::min(high, range.high), range.as_of});
    }
    return found;
}

std::vector<Range> RangeSet::stale(std::int64_t low, std::int64_t high) const {
    std::vector<Range> found;
    for (const Range& range : ranges_) {
        if (range.as_of == Range::live || range.high < low || range.low > high) continue;
        found.push_back({std::max(low, range.low), std::min(high, range.high), range.as_of});
    }
    return found;
}

std::string RangeSet::text() const {
    std::string text;
    for (const Range& range : ranges_) {
        if (!text.empty()) text += ' ';
        text += std::to_string(range.low) + '-' + std::to_string(range.high);
        if (range.as_of != Range::live) text += '@' + std::to_string(range.as_of);
    }
    return text;
}

std::optional<RangeSet> RangeSet::parse(std::string_view text) {
    RangeSet set;
    while (!text.empty()) {
        if (!set.ranges_.empty() && !take(text, ' ')) return std::nullopt;
        auto low = take_number(text);
        if (!low || !take(text, '-')) return std::nullopt;
        auto high = take_number(text);
        if (!high) return std::nullopt;
        std::int64_t as_of = Range::live;
        if (take(text, '@')) {
            auto number = take_number(text);
            if (!number) return std::nullopt;
            as_of = *number;
        }
        set.ranges_.push_back({*low, *high, as_of});
    }
    if (!set.well_formed()) return std::nullopt;
    return set;
}

bool RangeSet::well_formed() const {
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
        if (ranges_[i].low > ranges_[i].high) return false;
        if (i == 0) continue;
        const Range& before = ranges_[i - 1];
        if (before.high >= ranges_[i].low) return false;
        if (before.high + 1 == ranges_[i].low && before.as_of == ranges_[i].as_of) return false;
    }
    return true;
}

void RangeSet::unite() {
    std::ranges::sort(ranges_, {}, &Range::low);
    std::vector<Range> united;
    for (const Range& range : ranges_) {
        if (!united.empty() && united.back().as_of == range.as_of && united.back().high + 1 >= range.low)
            united.back().high = std::max(united.back().high, range.high);
        else
            united.push_back(range);
    }
    ranges_ = std::move(united);
    assert(well_formed());
}

}  // namespace parley::core
