#include "protocol/reader.hpp"

#include "base/utf8.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <string>

namespace parley::protocol {

namespace {

bool is_visible_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

}  // namespace

bool Reader::find(const Node& map, FieldName field, const Node*& found) {
    found = nullptr;
    const Node* key = &map + 1;
    for (std::uint64_t pair = 0; pair < map.number; ++pair, key = behind(*behind(*key))) {
        const bool same = encoding_ == Encoding::json
                              ? key->kind == Node::Kind::text && key->text == field.name
                              : key->kind == Node::Kind::natural && key->number == field.id;
        if (!same) continue;
        if (found != nullptr) return refuse(ErrorCode::malformed, "is given twice");
        found = behind(*key);
    }
    return true;
}

bool Reader::is_map(const Node& node) {
    return node.kind == Node::Kind::map || refuse(ErrorCode::malformed, "must be a map of fields");
}

bool Reader::refuse(ErrorCode code, const char* problem) {
    error_.code = code;
    problem_ = problem;
    return false;
}

bool Reader::refuse_beyond(const char* problem, const char* which, std::int64_t bound, const char* unit) {
    refuse(ErrorCode::invalid, problem);
    problem_.append(": ").append(which).append(" ").append(std::to_string(bound));
    if (*unit != '\0') problem_.append(" ").append(unit).append(bound == 1 ? "" : "s");
    return false;
}

Error Reader::take_error() {
    error_.context = (error_.field.empty() ? "It" : "The field " + error_.field) + " " + problem_ + ".";
    return std::move(error_);
}

bool Reader::at(FieldName field) {
    error_.field =
        error_.field.empty() ? std::string(field.name) : std::string(field.name) + "." + error_.field;
    return false;
}

bool Reader::missing(FieldName field) {
    refuse(ErrorCode::malformed, "is missing");
    return at(field);
}

bool Reader::wrong_kind(Node::Kind expected) {
    switch (expected) {
        case Node::Kind::boolean:
            return refuse(ErrorCode::malformed, "must be true or false");
        case Node::Kind::natural:
            return refuse(ErrorCode::malformed, "must be a whole number");
        case Node::Kind::bytes:
            return refuse(ErrorCode::malformed, "must be a byte string");
        default:
            return refuse(ErrorCode::malformed, "must be a text");
    }
}

bool Reader::value(const Node& node, bool& out, const Rules&) {
    if (node.kind != Node::Kind::boolean) return wrong_kind(Node::Kind::boolean);
    out = node.number != 0;
    return true;
}

bool Reader::value(const Node& node, std::int64_t& out, const Rules& rules) {
    if (node.kind == Node::Kind::negative) return refuse(ErrorCode::invalid, "must not be negative");
    if (node.kind != Node::Kind::natural) return wrong_kind(Node::Kind::natural);
    if (node.number > static_cast<std::uint64_t>(rules.max))
        return refuse_beyond("is too large", "at most", rules.max);
    out = static_cast<std::int64_t>(node.number);
    return out >= rules.min || refuse_beyond("is too small", "at least", rules.min);
}

bool Reader::value(const Node& node, std::string& out, const Rules& rules) {
    if (node.kind != Node::Kind::text) return wrong_kind(Node::Kind::text);
    const std::string_view text = node.text;
    const auto size = static_cast<std::int64_t>(text.size());
    if (size > rules.bytes_max) return refuse_beyond("is too long", "at most", rules.bytes_max, "byte");
    if (rules.token) {
        if (text.empty() || !is_visible_ascii(text)) {
            return refuse(ErrorCode::invalid, "must be one or more visible ASCII characters");
        }
    } else if (text.find('\0') != std::string_view::npos) {
        return refuse(ErrorCode::invalid, "must not contain NUL");
    }
    // A text has at most as many code points as bytes and at least a quarter, so that most need no counting.
    if (size > rules.points_max || size < rules.points_min * 4) {
        const auto points = static_cast<std::int64_t>(count_code_points(text).value_or(0));
        if (points > rules.points_max)
            return refuse_beyond("is too long", "at most", rules.points_max, "character");
        if (points < rules.points_min)
            return refuse_beyond("is too short", "at least", rules.points_min, "character");
    }
    out = text;
    return true;
}

bool Reader::value(const Node& node, Uuid& out, const Rules&) {
    if (encoding_ == Encoding::json) {
        if (node.kind != Node::Kind::text) return wrong_kind(Node::Kind::text);
        const auto parsed = Uuid::parse(node.text);
        if (!parsed) return refuse(ErrorCode::invalid, "must be a UUID");
        out = *parsed;
        return true;
    }
    if (node.kind != Node::Kind::bytes) return wrong_kind(Node::Kind::bytes);
    if (node.text.size() != out.bytes.size())
        return refuse(ErrorCode::invalid, "must be the 16 bytes of a UUID");
    std::ranges::transform(node.text, out.bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
    return true;
}

bool Reader::value(const Node& node, WallTime& out, const Rules& rules) {
    return value(node, out.ms, rules);
}

bool Reader::value(const Node& node, ErrorCode& out, const Rules&) {
    const auto expected = encoding_ == Encoding::json ? Node::Kind::text : Node::Kind::natural;
    if (node.kind != expected) return wrong_kind(expected);
    if (node.number > static_cast<std::uint64_t>(int_max))
        return refuse_beyond("is too large", "at most", int_max);
    const auto known = encoding_ == Encoding::json
                           ? error_code_named(node.text)
                           : error_code_numbered(static_cast<std::int64_t>(node.number));
    if (!known) return refuse(ErrorCode::invalid, "is no known error code");
    out = *known;
    return true;
}

bool Reader::value(const Node& node, CloseCode& out, const Rules&) {
    std::int64_t number = 0;
    if (!value(node, number, Rules{.max = 4999})) return false;
    const auto known = close_code(static_cast<int>(number));
    if (!known) return refuse(ErrorCode::invalid, "is no known close code");
    out = *known;
    return true;
}

bool Reader::id(const Node& node, std::string& out) {
    return value(node, out, Rules{.bytes_max = limits::id_chars_max, .token = true});
}

}  // namespace parley::protocol
