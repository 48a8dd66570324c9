#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace parley::client::cli {

/// "30s", "30m", "8h", "2d" or "1w": seconds, minutes, hours, days, weeks; more than nothing, and at most ten
/// years.
std::optional<Duration> length_named(std::string_view text);

/// "18:00" is the next one, "2030-12-24" its beginning, "2030-12-24 18:00": in the person's own time zone.
/// Nothing where it is none of these, or no such day is in the calendar.
std::optional<WallTime> moment_named(std::string_view text, WallTime now);

/// What is wrong with words that are to be one or the other; empty: nothing.
std::string problem_of_length(const std::string& text);
std::string problem_of_moment(const std::string& text);

}  // namespace parley::client::cli
