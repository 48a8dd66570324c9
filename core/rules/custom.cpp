#include "core/rules/custom.hpp"

#include "base/mutant.hpp"
#include "base/utf8.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "protocol/json_parser.hpp"

#include <optional>
#include <string>

namespace parley::core::rules {
namespace {

std::unexpected<Error> no_content(std::string_view field, std::string_view why) {
    return fail(Error{ErrorCode::invalid, std::string(why), 0, std::string(field)});
}

bool begins_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// A text, or data with a text for whoever does not know it.
Status check_says_something(std::string_view text, const std::optional<protocol::Custom>& custom) {
    if (!custom) return text.empty() ? no_content("text", "is too short") : Status{};
    if (count_code_points(text).value_or(0) > static_cast<std::size_t>(limits::fallback_points_max))
        return no_content("text", "has too many characters to stand beside custom data");
    return check_kind(custom->kind);
}

Status check_data_of(const std::optional<protocol::Custom>& custom) {
    if (!custom || mutant(Mutant::any_data_taken)) return {};
    return check_data(custom->data);
}

}  // namespace

Status check_kind(std::string_view kind) {
    constexpr std::string_view field = "custom.kind";
    if (kind.size() > static_cast<std::size_t>(limits::custom_kind_chars_max))
        return no_content(field, "has too many characters");
    bool begins = true;
    int parts = 0;
    for (const char c : kind) {
        if (begins && !begins_part(c)) return no_content(field, "is no name such as org.example.poll");
        parts += begins ? 1 : 0;
        begins = c == '.';
        if (!begins && !begins_part(c) && c != '_' && c != '-')
            return no_content(field, "is no name such as org.example.poll");
    }
    return parts < 2 || begins ? no_content(field, "is no name such as org.example.poll") : Status{};
}

Status check_data(std::string_view data) {
    if (data.size() > static_cast<std::size_t>(limits::custom_bytes_max))
        return no_content("custom.data", "has too many bytes");
    protocol::Tree tree;
    if (!protocol::parse_json(data, tree)) return no_content("custom.data", "is not one value of JSON");
    return {};
}

Status check_content_apart(const protocol::MessageSend& message) {
    if (!message.forward) return check_says_something(message.text, message.custom);
    const bool alone =
        message.text.empty() && message.mentions.empty() && message.entities.empty() && !message.custom;
    if (!alone && !mutant(Mutant::forward_says_what_is_asked))
        return no_content("forward", "says what was said elsewhere, and nothing else");
    return {};
}

Status check_content_apart(const protocol::MessageEdit& edit) {
    return check_says_something(edit.text, edit.custom);
}

Status check_content(const protocol::MessageSend& message) {
    TRY(check_content_apart(message));
    return check_data_of(message.custom);
}

Status check_content(const protocol::MessageEdit& edit) {
    TRY(check_content_apart(edit));
    return check_data_of(edit.custom);
}

}  // namespace parley::core::rules
