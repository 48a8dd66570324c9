#include "client/cli/moments.hpp"

#include "client/cli/text.hpp"

#include <time.h>

#include <charconv>
#include <cstdint>

namespace parley::client::cli {

namespace {

constexpr Duration length_max = seconds(std::int64_t{3650} * 24 * 3600);

/// A number of so many digits at the beginning, which is taken away; nothing where it is none.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    int number = 0;
    if (text.size() < digits) return std::nullopt;
    const char* const end = text.data() + digits;
    const auto [after, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || after != end || text.front() == '-') return std::nullopt;
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

/// Hours and minutes, to the end.
bool read_clock(std::string_view text, tm& at) {
    const auto hour = take_number(text, 2);
    if (!hour || !take(text, ':')) return false;
    const auto minute = take_number(text, 2);
    if (!minute || !text.empty() || *hour > 23 || *minute > 59) return false;
    at.tm_hour = *hour;
    at.tm_min = *minute;
    return true;
}

bool read_day(std::string_view& text, tm& at) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, '-')) return false;
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) return false;
    const auto day = take_number(text, 2);
    if (!day) return false;
    at.tm_year = *year - 1900;
    at.tm_mon = *month - 1;
    at.tm_mday = *day;
    return true;
}

WallTime wall_time(tm at) {
    at.tm_isdst = -1;
    return {static_cast<std::int64_t>(::mktime(&at)) * 1000};
}

/// The calendar makes another day of one that is not in it.
bool is_in_the_calendar(const tm& at) {
    tm made = at;
    made.tm_isdst = -1;
    ::mktime(&made);
    return made.tm_mday == at.tm_mday && made.tm_mon == at.tm_mon;
}

}  // namespace

std::optional<Duration> length_named(std::string_view text) {
    std::int64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc() || end - after != 1 || count < 1 || count > length_max.ms) return std::nullopt;
    std::int64_t unit = 0;
    switch (*after) {
        case 's':
            unit = 1;
            break;
        case 'm':
            unit = 60;
            break;
        case 'h':
            unit = 3600;
            break;
        case 'd':
            unit = 24 * 3600;
            break;
        case 'w':
            unit = 7 * 24 * 3600;
            break;
        default:
            return std::nullopt;
    }
    if (count > length_max.ms / 1000 / unit) return std::nullopt;
    return seconds(count * unit);
}

std::optional<WallTime> moment_named(std::string_view text, WallTime now) {
    const time_t seconds_now = static_cast<time_t>(now.ms / 1000);
    tm at{};
    ::localtime_r(&seconds_now, &at);
    at.tm_sec = 0;
    if (read_clock(text, at)) {
        if (wall_time(at) <= now) ++at.tm_mday;
        return wall_time(at);
    }
    at.tm_hour = at.tm_min = 0;
    if (!read_day(text, at) || !is_in_the_calendar(at)) return std::nullopt;
    if (text.empty()) return wall_time(at);
    if (!take(text, ' ') && !take(text, 'T')) return std::nullopt;
    if (!read_clock(text, at)) return std::nullopt;
    return wall_time(at);
}

std::string problem_of_length(const std::string& text) {
    if (length_named(text)) return {};
    return "\"" + harmless_line(text) + "\" is no length of time: that is like 30s, 30m, 8h, 2d or 1w";
}

std::string problem_of_moment(const std::string& text) {
    if (moment_named(text, WallTime{})) return {};
    return "\"" + harmless_line(text) +
           "\" is no time: that is like 18:00, 2030-12-24 or \"2030-12-24 18:00\"";
}

}  // namespace parley::client::cli
