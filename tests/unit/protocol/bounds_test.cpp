#include "protocol/generated/cpp/every_type.hpp"
#include "tests/unit/protocol/random_values.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>

/// Every bound of every field of the schema, from both sides, in both encodings: what lies on it is taken,
/// and one past it is refused with the name of a field. It does not matter who sends the message.
namespace parley::protocol {
namespace {

using parley::test::Choices;

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

/// The smallest value that the schema allows; what may be absent is there.
template <class T>
void make_small(T& field, const Rules& rules) {
    Choices none({});
    if constexpr (IsOptional<T>::value) {
        make_small(field.emplace(), rules);
    } else if constexpr (std::same_as<T, std::int64_t>) {
        field = rules.min;
    } else {
        parley::test::fill(none, field, rules);
    }
}

/// What a field is set to, and whether that is still allowed.
template <class Field>
struct Case {
    Field value;
    bool allowed = false;
    /// The largest number is written as one more, which no writer of ours does.
    bool raised = false;
};

std::string repeated(std::int64_t count, std::string_view what) {
    std::string text;
    for (std::int64_t i = 0; i < count; ++i)
        text += what;
    return text;
}

/// Whether a frame can hold so many bytes or elements; what it cannot hold is refused for that.
bool fits_in_frame(std::int64_t bound) {
    return bound < limits::frame_bytes_max;
}

std::vector<Case<std::int64_t>> cases_of(std::int64_t, const Rules& rules) {
    std::vector<Case<std::int64_t>> cases{{rules.max, true}, {rules.min, true}};
    const bool can_be_written = rules.max < int_max;
    cases.push_back({can_be_written ? rules.max + 1 : int_max, false, !can_be_written});
    if (rules.min > 0) cases.push_back({rules.min - 1, false});
    return cases;
}

std::vector<Case<std::string>> cases_of(const std::string&, const Rules& rules) {
    std::vector<Case<std::string>> cases;
    if (fits_in_frame(rules.bytes_max)) {
        // Of four bytes where there may be fewer characters than bytes, so that this bound is met first.
        const bool wide = !rules.token && rules.points_max < rules.bytes_max;
        const std::string full =
            wide ? repeated(rules.bytes_max / 4, "🙂") + repeated(rules.bytes_max % 4, "x")
                 : repeated(rules.bytes_max, "x");
        cases.push_back({full, true});
        cases.push_back({full + "x", false});
    }
    if (fits_in_frame(rules.points_max)) {
        cases.push_back({repeated(rules.points_max, "x"), true});
        cases.push_back({repeated(rules.points_max + 1, "x"), false});
    }
    if (rules.points_min > 0) {
        cases.push_back({repeated(rules.points_min, "x"), true});
        cases.push_back({repeated(rules.points_min - 1, "x"), false});
    }
    if (rules.token) cases.push_back({"", false});
    return cases;
}

template <class Tag>
std::vector<Case<Id<Tag>>> cases_of(const Id<Tag>&, const Rules&) {
    return {{Id<Tag>(repeated(limits::id_chars_max, "x")), true},
            {Id<Tag>(repeated(limits::id_chars_max + 1, "x")), false}};
}

std::vector<Case<WallTime>> cases_of(const WallTime&, const Rules& rules) {
    std::vector<Case<WallTime>> cases;
    for (const auto& one : cases_of(rules.max, rules))
        cases.push_back({WallTime{one.value}, one.allowed, one.raised});
    return cases;
}

/// Of values that have no bound, or whose own fields have them: these are types of their own here.
template <class T>
std::vector<Case<T>> cases_of(const T&, const Rules&) {
    return {};
}

template <class T>
std::vector<Case<std::vector<T>>> cases_of(const std::vector<T>&, const Rules& rules) {
    std::vector<Case<std::vector<T>>> cases;
    T small{};
    make_small(small, rules);
    if (fits_in_frame(rules.count_max)) {
        const auto count = static_cast<std::size_t>(rules.count_max);
        cases.push_back({std::vector<T>(count, small), true});
        cases.push_back({std::vector<T>(count + 1, small), false});
    }
    for (const auto& one : cases_of(small, rules))
        cases.push_back({{one.value}, one.allowed, one.raised});
    return cases;
}

template <class T>
std::vector<Case<std::optional<T>>> cases_of(const std::optional<T>& field, const Rules& rules) {
    std::vector<Case<std::optional<T>>> cases;
    for (const auto& one : cases_of(*field, rules))
        cases.push_back({one.value, one.allowed, one.raised});
    return cases;
}

/// Made with what `chosen` chooses, where only one of several fields may be there.
template <class T>
T small_value(std::size_t chosen) {
    T value{};
    visit_fields(value, chosen, [](auto& field, const Rules& rules) { make_small(field, rules); });
    return value;
}

/// 2^53 in the place of 2^53-1.
std::string raise(std::string bytes, Encoding encoding) {
    using namespace std::string_view_literals;
    const bool json = encoding == Encoding::json;
    const std::string_view largest = json ? "9007199254740991"sv : "\x00\x1f\xff\xff\xff\xff\xff\xff"sv;
    const std::string_view one_more = json ? "9007199254740992"sv : "\x00\x20\x00\x00\x00\x00\x00\x00"sv;
    const std::size_t at = bytes.find(largest);
    EXPECT_NE(at, std::string::npos);
    return at == std::string::npos ? bytes : bytes.replace(at, largest.size(), one_more);
}

/// What came of the trial of a type: how many values were refused as they should be, and what went wrong.
struct Trial {
    int refused = 0;
    std::string complaint;

    template <class T>
    void judge(const T& value, bool allowed, Encoding encoding, bool raised = false) {
        std::string bytes = encode(value, encoding);
        if (raised) bytes = raise(std::move(bytes), encoding);
        if (!fits_in_frame(static_cast<std::int64_t>(bytes.size()))) return;
        const Result<T> decoded = decode<T>(bytes, encoding);
        const bool right =
            decoded ? allowed && *decoded == value : !allowed && !decoded.error().field.empty();
        if (!right && complaint.empty()) {
            complaint = (decoded ? "taken" : "refused: " + decoded.error().context) + ": " +
                        encode(value, Encoding::json).substr(0, 200);
        }
        if (!decoded) ++refused;
    }

    /// Every field of one way to make the type, each by itself.
    template <class T>
    void try_fields(std::size_t chosen) {
        T value = small_value<T>(chosen);
        for (const Encoding encoding : {Encoding::json, Encoding::cbor})
            judge(value, true, encoding);
        // The fields are visited where they stand; `value` is whole again after each.
        const auto try_field = [&](auto& field, const Rules& rules) {
            make_small(field, rules);
            const auto small = field;
            for (const auto& one : cases_of(small, rules)) {
                field = one.value;
                for (const Encoding encoding : {Encoding::json, Encoding::cbor})
                    judge(value, one.allowed, encoding, one.raised);
            }
            field = small;
        };
        visit_fields(value, chosen, try_field);
    }
};

template <class T>
Trial trial_of() {
    Trial trial;
    const T first = small_value<T>(0);
    for (std::size_t chosen = 0; chosen == 0 || !(small_value<T>(chosen) == first); ++chosen)
        trial.try_fields<T>(chosen);
    return trial;
}

struct Bounded {
    const char* name;
    Trial (*trial)();

    friend std::ostream& operator<<(std::ostream& out, const Bounded& one) { return out << one.name; }
};

#define PARLEY_BOUNDED(T) {#T, trial_of<T>},
constexpr Bounded every_type[] = {PARLEY_FOR_EACH_STRUCT(PARLEY_BOUNDED)
                                      PARLEY_FOR_EACH_PAYLOAD(PARLEY_BOUNDED)};
#undef PARLEY_BOUNDED

class Bounds : public ::testing::TestWithParam<Bounded> {};

TEST_P(Bounds, AreWhatTheSchemaSaysOnBothSides) {
    EXPECT_EQ(GetParam().trial().complaint, "");
}

INSTANTIATE_TEST_SUITE_P(All, Bounds, ::testing::ValuesIn(every_type));

TEST(EveryBound, IsTried) {
    int refused = 0;
    for (const Bounded& one : every_type)
        refused += one.trial().refused;
    EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace parley::protocol
