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

struct Bounds {
    std::int64_t points_min = 1;
    std::int64_t points_max = 0;
    std::int64_t bytes_max = 0;
};

Status check_text(std::string_view text, std::string_view field, Bounds bounds) {
    if (bounds.bytes_max != 0 && text.size() > static_cast<std::size_t>(bounds.bytes_max))
        return invalid(field, "too many bytes");
    if (text.find('\0') != std::string_view::npos) return invalid(field, "holds a NUL");
    const auto points = count_code_points(text);
    if (!points) return invalid(field, "is not valid UTF-8");
    if (*points < static_cast<std::size_t>(bounds.points_min)) return invalid(field, "too short");
    if (bounds.points_max != 0 && *points > static_cast<std::size_t>(bounds.points_max))
        return invalid(field, "too many characters");
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

Status check_name(std::string_view name, std::int64_t points_max, std::string_view field) {
    return check_text(name, field, {.points_max = points_max});
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
