#include "core/ranges.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

namespace parley::test {
namespace {

using core::Range;
using core::RangeSet;
using testing::ElementsAre;

TEST(Ranges, NeighboursAreUnited) {
    RangeSet set;
    set.add({1, 3});
    set.add({5, 7});
    EXPECT_THAT(set.all(), ElementsAre(Range{1, 3}, Range{5, 7}));
    set.add({4, 4});
    EXPECT_THAT(set.all(), ElementsAre(Range{1, 7}));
}

TEST(Ranges, AJumpLeavesHistoryValidAsOfThen) {
    RangeSet set;
    set.add({1, 100});
    set.freeze(100);
    set.add({101, 101});
    EXPECT_THAT(set.all(), ElementsAre(Range{1, 100, 100}, Range{101, 101}));
    set.add({40, 60});
    EXPECT_THAT(set.all(),
                ElementsAre(Range{1, 39, 100}, Range{40, 60}, Range{61, 100, 100}, Range{101, 101}));
    EXPECT_THAT(set.stale(30, 70), ElementsAre(Range{30, 39, 100}, Range{61, 70, 100}));
    set.freeze(150);
    EXPECT_EQ(set.at(50)->as_of, 150);
}

TEST(Ranges, AnOlderPageTakesNothingBack) {
    RangeSet set;
    set.add({1, 10});
    set.add({5, 20, 7});
    EXPECT_THAT(set.all(), ElementsAre(Range{1, 10}, Range{11, 20, 7}));
}

TEST(Ranges, GapsAreWhatIsNotHeld) {
    RangeSet set;
    set.add({3, 4});
    set.add({8, 9});
    EXPECT_THAT(set.gaps(1, 10), ElementsAre(Range{1, 2}, Range{5, 7}, Range{10, 10}));
    EXPECT_TRUE(set.covers(3, 4));
    EXPECT_TRUE(set.covers(5, 4));
    EXPECT_FALSE(set.covers(4, 5));
}

TEST(Ranges, TextThatIsNoRangesIsRefused) {
    for (const char* text : {"x", "1", "1-", "3-1", "1-5 4-8", "1-5,6-7", "1-5 ", "1-5@"})
        EXPECT_FALSE(RangeSet::parse(text)) << text;
    EXPECT_TRUE(RangeSet::parse(""));
}

/// The same, place by place.
using Model = std::map<std::int64_t, std::int64_t>;

RC_GTEST_PROP(RangesProperty, BehaveLikeAMapFromPlaceToValidity, ()) {
    RangeSet set;
    Model model;
    const int steps = *rc::gen::inRange(0, 40);
    for (int step = 0; step < steps; ++step) {
        const std::int64_t low = *rc::gen::inRange(1, 40);
        const std::int64_t high = low + *rc::gen::inRange(-1, 12);
        const std::int64_t as_of = *rc::gen::element<std::int64_t>(3, 5, 9, Range::live);
        switch (*rc::gen::inRange(0, 6)) {
            case 0:
                set.remove(low, high);
                for (std::int64_t place = low; place <= high; ++place)
                    model.erase(place);
                break;
            case 1:
                set.freeze(7);
                for (auto& [place, valid] : model)
                    if (valid == Range::live) valid = 7;
                break;
            case 2:
                set.limit_as_of(4);
                for (auto& [place, valid] : model)
                    if (valid != Range::live) valid = std::min<std::int64_t>(valid, 4);
                break;
            default:
                set.add({low, high, as_of});
                for (std::int64_t place = low; place <= high; ++place) {
                    auto& valid = model[place];
                    valid = std::max(valid, as_of);
                }
        }
        RC_ASSERT(set.well_formed());
        for (std::int64_t place = 1; place < 60; ++place) {
            const auto found = set.at(place);
            RC_ASSERT(found.has_value() == model.contains(place));
            if (found) RC_ASSERT(found->as_of == model[place]);
        }
        Model held;
        for (const Range& part : set.held(low, high, as_of))
            for (std::int64_t place = part.low; place <= part.high; ++place)
                held[place] = part.as_of;
        Model expected = model;
        std::erase_if(expected, [&](const auto& one) {
            return one.first < low || one.first > high || one.second < as_of;
        });
        RC_ASSERT(held == expected);
        RC_ASSERT(RangeSet::parse(set.text()) == set);
    }
}

}  // namespace
}  // namespace parley::test
