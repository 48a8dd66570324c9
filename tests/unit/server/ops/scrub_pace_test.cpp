#include "server/ops/scrub_pace.hpp"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(ScrubPace, TakesSlicesThatAddUpToTheRate) {
    for (const std::int64_t rate : {1, 7, 200, 1'000, 5'000, 100'000}) {
        const ScrubPace pace(rate);
        EXPECT_LE(pace.rows(), 1'000);
        EXPECT_EQ(pace.rows() * 1'000 / pace.pause().ms, rate);
        EXPECT_FALSE(pace.never());
    }
    EXPECT_TRUE(ScrubPace(0).never());
}

Scrubbed slice(std::vector<std::pair<std::int64_t, std::int64_t>> damaged, bool round_ended = false) {
    Scrubbed scrubbed;
    scrubbed.damaged = std::move(damaged);
    scrubbed.round_ended = round_ended;
    return scrubbed;
}

TEST(ScrubTally, CountsEachRowOncePerRound) {
    ScrubTally tally;
    tally.take(slice({{1, 5}, {1, 6}}));
    tally.take(slice({{1, 5}}, true));
    EXPECT_EQ(tally.damaged(), 2);
}

TEST(ScrubTally, KeepsWhatTheLastRoundFoundUntilTheNextHasEnded) {
    ScrubTally tally;
    tally.take(slice({{1, 5}, {1, 6}}, true));
    tally.take(slice({}));
    EXPECT_EQ(tally.damaged(), 2);
    tally.take(slice({{1, 5}}));
    EXPECT_EQ(tally.damaged(), 2);
    tally.take(slice({}, true));
    EXPECT_EQ(tally.damaged(), 1) << "the other one was mended";
    tally.take(slice({}, true));
    EXPECT_EQ(tally.damaged(), 0);
}

TEST(ScrubTally, ShowsMoreAsSoonAsItIsFound) {
    ScrubTally tally;
    tally.take(slice({{1, 5}}, true));
    tally.take(slice({{1, 5}, {1, 6}}));
    EXPECT_EQ(tally.damaged(), 2);
}

TEST(ScrubTally, ForgetsAnUnreadablePageWithItsRound) {
    ScrubTally tally;
    auto unreadable = slice({});
    unreadable.unreadable = true;
    tally.take(unreadable);
    tally.take(slice({}, true));
    EXPECT_TRUE(tally.unreadable());
    tally.take(slice({}));
    EXPECT_FALSE(tally.unreadable());
}

TEST(ScrubTally, IsBounded) {
    ScrubTally tally;
    for (std::int64_t born = 0; born < 2 * ScrubTally::damaged_rows_max; ++born)
        tally.take(slice({{1, born}}));
    EXPECT_EQ(tally.damaged(), ScrubTally::damaged_rows_max);
}

}  // namespace
}  // namespace parley::server
