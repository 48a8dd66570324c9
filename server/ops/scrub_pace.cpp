#include "server/ops/scrub_pace.hpp"

#include <algorithm>
#include <iterator>

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
        last_round_ = std::ssize(found_);
        found_.clear();
        unreadable_ = false;
    }
    for (const auto& place : slice.damaged) {
        if (std::ssize(found_) < damaged_rows_max) found_.insert(place);
    }
    unreadable_ = unreadable_ || slice.unreadable;
    round_ended_ = slice.round_ended;
    if (round_ended_) last_round_ = 0;
}

std::int64_t ScrubTally::damaged() const {
    return std::max(last_round_, std::ssize(found_));
}

}  // namespace parley::server
