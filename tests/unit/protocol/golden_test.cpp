#include "protocol/codec.hpp"
#include "protocol/generated/cpp/every_type.hpp"
#include "tests/unit/protocol/golden_files.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace parley::protocol {
namespace {

using parley::test::Golden;

class GoldenExample : public ::testing::TestWithParam<Golden> {};

Envelope decoded(std::string_view frame, Encoding encoding) {
    const auto result = decode_frame(frame, encoding);
    if (!result) {
        ADD_FAILURE() << result.error().context;
        return {};
    }
    EXPECT_EQ(result->size(), 1U);
    if (const auto* rejected = std::get_if<Rejected>(&result->front())) {
        ADD_FAILURE() << rejected->error.context;
        return {};
    }
    return std::get<Envelope>(result->front());
}

std::string encoded(const Envelope& envelope, Encoding encoding) {
    std::string bytes;
    append_envelope(bytes, envelope, encoding);
    return bytes;
}

void check_envelope(const Golden& golden) {
    const Envelope from_json = decoded(golden.json, Encoding::json);
    const Envelope from_cbor = decoded(golden.cbor, Encoding::cbor);
    EXPECT_EQ(name_of(from_json.type()), golden.of());
    EXPECT_TRUE(from_json == from_cbor);
    EXPECT_EQ(encoded(from_json, Encoding::json), golden.json);
    EXPECT_EQ(encoded(from_json, Encoding::cbor), golden.cbor);
}

/// What a struct is written as after it was read; empty where it was refused.
using Rewrite = std::string (*)(std::string_view bytes, Encoding from, Encoding to);

template <class T>
std::string rewritten(std::string_view bytes, Encoding from, Encoding to) {
    const Result<T> value = decode<T>(bytes, from);
    return value ? encode(*value, to) : std::string();
}

#define PARLEY_REWRITE(T) {#T, rewritten<T>},
const std::map<std::string, Rewrite> rewrites{PARLEY_FOR_EACH_STRUCT(PARLEY_REWRITE)};
#undef PARLEY_REWRITE

void check_struct(const Golden& golden) {
    ASSERT_TRUE(rewrites.contains(golden.of())) << "no struct of this name";
    const Rewrite rewrite = rewrites.at(golden.of());
    EXPECT_EQ(rewrite(golden.json, Encoding::json, Encoding::json), golden.json);
    EXPECT_EQ(rewrite(golden.json, Encoding::json, Encoding::cbor), golden.cbor);
    EXPECT_EQ(rewrite(golden.cbor, Encoding::cbor, Encoding::json), golden.json);
    EXPECT_EQ(rewrite(golden.cbor, Encoding::cbor, Encoding::cbor), golden.cbor);
}

TEST_P(GoldenExample, IsReadAndWrittenByteForByte) {
    const Golden& golden = GetParam();
    if (golden.is_envelope()) {
        check_envelope(golden);
    } else {
        check_struct(golden);
    }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenExample, ::testing::ValuesIn(parley::test::all_golden()),
                         [](const auto& golden) {
                             std::string name = golden.param.name;
                             std::ranges::replace(name, '.', '_');
                             return name;
                         });

TEST(Golden, ThereIsOneOfEveryMessageAndStruct) {
    std::set<std::string> names;
    for (const Golden& golden : parley::test::all_golden())
        names.insert(golden.of());
    for (std::uint64_t number = 0; number < 256; ++number) {
        const auto type = enum_numbered<Type>(number);
        if (!type) continue;
        EXPECT_TRUE(names.erase(std::string(name_of(*type))) == 1) << name_of(*type);
    }
    for (const auto& [name, rewrite] : rewrites)
        EXPECT_TRUE(names.erase(name) == 1) << name;
    EXPECT_TRUE(names.empty()) << *names.begin() << " is neither";
}

}  // namespace
}  // namespace parley::protocol
