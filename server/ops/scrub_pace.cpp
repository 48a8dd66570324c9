#include "server/ops/scrub_pace.hpp"

#include <algorithm>

namespace parley::server {

namespace {

/// About ten milliseconds of reading.
constexpr std::int64_t slice_rows_max = 1'000;

}  // namespace

std::int64_t ScrubPace::rows() const {
    return std::clamp<std::int64_t>(rows_per_second_, 1, slice_rows_max);
}

Duration ScrubPace::pause() const {
    return milliseconds(never() ? 0 : rows() * 1'000 / rows_per_second_);
}

void ScrubTally::take(const Scrubbed& slice) {
    if (round_ended_) {
        rows_.begin_round();
        pages_.begin_round();
        unreadable_ = false;
    }
    for (const auto& place : slice.damaged)
        rows_.add(place);
    for (const auto page : slice.damaged_pages)
        pages_.add(page);
    unreadable_ = unreadable_ || slice.unreadable;
    round_ended_ = slice.round_ended;
    if (round_ended_) {
        rows_.end_round();
        pages_.end_round();
    }
}

}  // namespace parley::server
