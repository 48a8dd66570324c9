#pragma once

#include "protocol/codec.hpp"
#include "protocol/generated/cpp/visit_fields.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// Values of every type of the schema, made of choices that a property test draws (and shrinks), within the
/// schema's rules.
namespace parley::test {

using protocol::Rules;

/// Numbers that decide what is made; 0, the simplest, once they are used up.
class Choices {
  public:
    explicit Choices(std::vector<std::uint32_t> numbers) : numbers_(std::move(numbers)) {}

    std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    bool toss() { return below(2) == 1; }
    std::uint64_t next() { return position_ < numbers_.size() ? numbers_[position_++] : 0; }

  private:
    std::vector<std::uint32_t> numbers_;
    std::size_t position_ = 0;
};

template <class Enum>
Enum any_enumerator(Choices& choices) {
    std::vector<Enum> all;
    for (std::uint64_t number = 0; number < 256; ++number) {
        if (const auto known = protocol::enum_numbered<Enum>(number)) all.push_back(*known);
    }
    return all[choices.below(all.size())];
}

inline std::string any_text(Choices& choices, const Rules& rules) {
    static constexpr std::array<std::string_view, 12> pieces{"a",  "é",    "€",    "🙂", "\"", "\\",
                                                             "\n", "\x01", "\x7f", " ",  "/",  "\u2028"};
    const std::int64_t points_max = std::min({rules.points_max, rules.bytes_max / 4, std::int64_t{12}});
    const auto points =
        std::max(rules.points_min,
                 static_cast<std::int64_t>(choices.below(static_cast<std::uint64_t>(points_max) + 1)));
    std::string text;
    for (std::int64_t i = 0; i < points; ++i)
        text += pieces[choices.below(pieces.size())];
    return text;
}

inline std::string any_token(Choices& choices) {
    std::string token;
    const std::uint64_t size = 1 + choices.below(16);
    for (std::uint64_t i = 0; i < size; ++i)
        token += static_cast<char>(0x21 + choices.below(0x7f - 0x21));
    return token;
}

inline std::int64_t any_int(Choices& choices, const Rules& rules) {
    switch (choices.below(4)) {
        case 0:
            return rules.min;
        case 1:
            return rules.max;
        case 2:
            return rules.min + static_cast<std::int64_t>(choices.below(300)) % (rules.max - rules.min + 1);
        default: {
            const auto wide =
                static_cast<std::int64_t>((choices.next() << 21 ^ choices.next()) & protocol::int_max);
            return rules.min + wide % (rules.max - rules.min + 1);
        }
    }
}

inline Uuid any_uuid(Choices& choices) {
    Uuid id;
    for (auto& byte : id.bytes)
        byte = static_cast<std::uint8_t>(choices.next());
    return id;
}

template <class T>
void fill(Choices& choices, T& value, const Rules& rules = {});

template <class Tag>
void fill(Choices& choices, Id<Tag>& value, const Rules& = {}) {
    value = Id<Tag>(any_token(choices));
}

template <class T>
void fill(Choices& choices, std::optional<T>& value, const Rules& rules = {}) {
    if (choices.toss()) fill(choices, value.emplace(), rules);
}

template <class T>
void fill(Choices& choices, std::vector<T>& values, const Rules& rules = {}) {
    const auto count =
        choices.below(static_cast<std::uint64_t>(std::min<std::int64_t>(rules.count_max, 3)) + 1);
    for (std::uint64_t i = 0; i < count; ++i)
        fill(choices, values.emplace_back(), rules);
}

template <class... Ts>
void fill(Choices& choices, std::variant<Ts...>& value, const Rules& = {}) {
    using Fill = void (*)(Choices&, std::variant<Ts...>&);
    static constexpr Fill fills[] = {[](Choices& from, std::variant<Ts...>& to) {
        fill(from, to.template emplace<Ts>());
    }...};
    fills[choices.below(sizeof...(Ts))](choices, value);
}

inline void fill(Choices& choices, protocol::ChangePayload& value, const Rules& rules = {}) {
    fill(choices, static_cast<protocol::ChangePayloadAlternatives&>(value), rules);
}

inline void fill(Choices& choices, protocol::Payload& value, const Rules& rules = {}) {
    fill(choices, static_cast<protocol::PayloadAlternatives&>(value), rules);
}

inline void fill(Choices& choices, protocol::Change& value, const Rules& = {}) {
    fill(choices, value.id);
    fill(choices, value.seq);
    fill(choices, value.born);
    fill(choices, value.timestamp);
    fill(choices, value.payload);
}

inline void fill(Choices& choices, protocol::Envelope& value, const Rules& = {}) {
    fill(choices, value.payload);
    fill(choices, value.id);
    fill(choices, value.re);
    if (choices.toss()) fill(choices, value.stream);
    fill(choices, value.seq);
    fill(choices, value.born);
    fill(choices, value.timestamp);
    fill(choices, value.follows);
}

template <class T>
void fill(Choices& choices, T& value, const Rules& rules) {
    if constexpr (std::is_same_v<T, bool>) {
        value = choices.toss();
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
        value = any_int(choices, rules);
    } else if constexpr (std::is_same_v<T, std::string>) {
        value = rules.token ? any_token(choices) : any_text(choices, rules);
    } else if constexpr (std::is_same_v<T, Uuid>) {
        value = any_uuid(choices);
    } else if constexpr (std::is_same_v<T, WallTime>) {
        value.ms = any_int(choices, rules);
    } else if constexpr (std::is_same_v<T, ErrorCode>) {
        std::vector<ErrorCode> all;
        for (std::int64_t number = 0; number < 256; ++number) {
            if (const auto known = error_code_numbered(number)) all.push_back(*known);
        }
        value = all[choices.below(all.size())];
    } else if constexpr (std::is_same_v<T, CloseCode>) {
        std::vector<CloseCode> all;
        for (int number = 1000; number < 5000; ++number) {
            if (const auto known = close_code(number)) all.push_back(*known);
        }
        value = all[choices.below(all.size())];
    } else if constexpr (std::is_enum_v<T>) {
        value = any_enumerator<T>(choices);
    } else {
        visit_fields(value, choices.below(60),
                     [&](auto& field, const Rules& field_rules) { fill(choices, field, field_rules); });
    }
}

}  // namespace parley::test
