#include "base/uuid.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <unordered_set>

namespace parley {
namespace {

constexpr std::string_view sample = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";  // RFC 9562, appendix A.6

TEST(Uuid, IsWrittenAsItWasRead) {
    const auto id = Uuid::parse(sample);
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(id->text(), sample);
    EXPECT_EQ(id->version(), 7);
}

TEST(Uuid, IsReadInEitherCaseAndWrittenInLower) {
    const auto id = Uuid::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(id->text(), sample);
}

TEST(Uuid, NothingElseIsRead) {
    const std::string good(sample);
    EXPECT_FALSE(Uuid::parse("").has_value());
    EXPECT_FALSE(Uuid::parse(good.substr(1)).has_value());
    EXPECT_FALSE(Uuid::parse(good + "0").has_value());
    EXPECT_FALSE(Uuid::parse("{" + good + "}").has_value());
    EXPECT_FALSE(Uuid::parse("017f22e279b07cc398c4dc0c0c07398f").has_value());
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = good[i] == '-' ? '0' : 'g';
        EXPECT_FALSE(Uuid::parse(bad).has_value()) << bad;
    }
}

TEST(Uuid, Version7HoldsTimeAndRandomness) {
    const std::array<std::uint8_t, 10> random{0xfc, 0xc3, 0xd8, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    // Time and randomness of RFC 9562's example; version and variant take the place of six bits.
    EXPECT_EQ(Uuid::version7(WallTime{0x017f22e279b0}, random).text(), sample);
}

TEST(Uuid, Version7SetsVariantWhateverTheRandomness) {
    for (const std::uint8_t fill : {std::uint8_t{0x00}, std::uint8_t{0xff}}) {
        std::array<std::uint8_t, 10> random;
        random.fill(fill);
        const Uuid id = Uuid::version7(WallTime{1}, random);
        EXPECT_EQ(id.version(), 7);
        EXPECT_EQ(id.bytes[8] & 0xc0, 0x80);
    }
}

TEST(Uuid, ALaterVersion7IsLarger) {
    const std::array<std::uint8_t, 10> largest{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const std::array<std::uint8_t, 10> smallest{};
    EXPECT_LT(Uuid::version7(WallTime{1000}, largest), Uuid::version7(WallTime{1001}, smallest));
    EXPECT_LT(Uuid::version7(WallTime{0xff}, largest), Uuid::version7(WallTime{0x100}, smallest));
}

RC_GTEST_PROP(Uuid, EveryOneSurvivesItsText, (const std::array<std::uint8_t, 16>& bytes)) {
    const Uuid id{bytes};
    RC_ASSERT(Uuid::parse(id.text()) == id);
}

TEST(Uuid, CanBeAKeyOfHashTables) {
    std::unordered_set<Uuid> ids;
    for (std::uint8_t i = 0; i < 100; ++i) {
        Uuid id;
        id.bytes[i % 16] = i;
        ids.insert(id);
        ids.insert(id);
    }
    EXPECT_EQ(ids.size(), 100U);
}

}  // namespace
}  // namespace parley
