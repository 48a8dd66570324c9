#include "core/rules/text.hpp"

#include "base/utf8.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <string>

namespace parley::core::rules {
namespace {

std::unexpected<Error> invalid(std::string_view field, std::string_view why) {
    return fail(Error{ErrorCode::invalid, std::string(why), 0, std::string(field)});
}

bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_handle_character(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

bool in(char32_t point, char32_t first, char32_t last) {
    return first <= point && point <= last;
}

/// White space (Unicode's property of this name), and what takes no room or an empty one: joiners, fillers,
/// selectors of variants. A name made of these alone looks like none.
bool is_blank(char32_t point) {
    return point == ' ' || point == 0xa0 || point == 0xad || point == 0x34f || point == 0x61c ||
           in(point, 0x115f, 0x1160) || point == 0x1680 || in(point, 0x17b4, 0x17b5) ||
           in(point, 0x180b, 0x180f) || in(point, 0x2000, 0x200f) || point == 0x202f ||
           in(point, 0x205f, 0x206f) || point == 0x2800 || point == 0x3000 || point == 0x3164 ||
           in(point, 0xfe00, 0xfe0f) || point == 0xfeff || point == 0xffa0 || in(point, 0xe0000, 0xe0fff);
}

struct Bounds {
    std::int64_t points_min = 1;
    std::int64_t points_max = 0;
    std::int64_t bytes_max = 0;
};

Status check_text(std::string_view text, std::string_view field, Bounds bounds) {
    if (bounds.bytes_max != 0 && text.size() > static_cast<std::size_t>(bounds.bytes_max))
        return invalid(field, "has too many bytes");
    if (text.find('\0') != std::string_view::npos) return invalid(field, "holds a NUL");
    const auto points = count_code_points(text);
    if (!points) return invalid(field, "is not valid UTF-8");
    if (*points < static_cast<std::size_t>(bounds.points_min)) return invalid(field, "is too short");
    if (bounds.points_max != 0 && *points > static_cast<std::size_t>(bounds.points_max))
        return invalid(field, "has too many characters");
    return {};
}

}  // namespace

Status check_handle(std::string_view handle) {
    const auto size = static_cast<std::int64_t>(handle.size());
    if (size < limits::handle_chars_min || size > limits::handle_chars_max)
        return invalid("handle", "must have 2 to 32 characters");
    if (!is_letter(handle.front())) return invalid("handle", "must begin with a letter a-z");
    if (!std::ranges::all_of(handle, is_handle_character))
        return invalid("handle", "may hold only a-z, 0-9, _, . and -");
    return {};
}

Status check_name(std::string_view name, std::string_view field) {
    TRY(check_text(name, field, {.points_min = 0, .points_max = limits::name_points_max}));
    bool seen = false;
    for (std::string_view left = name; !left.empty();) {
        const char32_t point = take_code_point(left);
        if (breaks_a_line(point)) {
            return invalid(field,
                           "must be one line, without control characters and without characters that "
                           "turn the direction of the text");
        }
        seen = seen || !is_blank(point);
    }
    return seen ? Status{} : invalid(field, "must have a character that can be seen");
}

bool breaks_a_line(char32_t point) {
    return in(point, 0, 0x1f) || in(point, 0x7f, 0x9f) || point == 0x2028 || point == 0x2029 ||
           in(point, 0x202a, 0x202e) || in(point, 0x2066, 0x2069);
}

Status check_message_text(std::string_view text) {
    return check_text(text, "text",
                      {.points_max = limits::text_points_max, .bytes_max = limits::text_bytes_max});
}

Status check_password(std::string_view password) {
    return check_text(password, "password",
                      {.points_min = limits::password_chars_min, .bytes_max = limits::password_bytes_max});
}

}  // namespace parley::core::rules
