#include "protocol/codec.hpp"
#include "protocol/generated/cpp/every_type.hpp"
#include "tests/unit/protocol/random_values.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ostream>

namespace parley::protocol {
namespace {

using parley::test::Choices;

/// Makes a value of one type; says what is wrong after both encodings, nothing where it is the same.
struct RoundTrip {
    const char* name;
    std::string (*complaint)(Choices choices);

    friend std::ostream& operator<<(std::ostream& out, const RoundTrip& one) { return out << one.name; }
};

template <class T>
std::string complaint_about(Choices choices) {
    T value;
    parley::test::fill(choices, value);
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
        const Result<T> result = decode<T>(encode(value, encoding), encoding);
        if (!result) return result.error().context;
        if (!(*result == value)) return "it is not the same: " + encode(*result, Encoding::json);
    }
    return {};
}

#define PARLEY_ROUND_TRIP(T) {#T, complaint_about<T>},
constexpr RoundTrip round_trips[] = {PARLEY_FOR_EACH_STRUCT(PARLEY_ROUND_TRIP) PARLEY_FOR_EACH_PAYLOAD(
    PARLEY_ROUND_TRIP) PARLEY_ROUND_TRIP(Change)};
#undef PARLEY_ROUND_TRIP

class RandomStruct : public ::testing::TestWithParam<RoundTrip> {};

TEST_P(RandomStruct, SurvivesBothEncodings) {
    const bool survives = rc::check([] {
        const auto numbers = *rc::gen::scale(
            4.0, rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>()));
        const std::string complaint = GetParam().complaint(Choices(numbers));
        if (!complaint.empty()) RC_FAIL(complaint);
    });
    EXPECT_TRUE(survives);
}

INSTANTIATE_TEST_SUITE_P(All, RandomStruct, ::testing::ValuesIn(round_trips));

}  // namespace
}  // namespace parley::protocol
