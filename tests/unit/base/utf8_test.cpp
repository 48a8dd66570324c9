#include "base/utf8.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace parley {
namespace {

using namespace std::string_literals;

/// UTF-8 by the definition (RFC 3629, section 3), for any number below 2^21: also for what is not allowed.
std::string encoded(char32_t point) {
    const auto byte = [](char32_t value) {
        return static_cast<char>(value);
    };
    if (point < 0x80) return {byte(point)};
    if (point < 0x800) return {byte(0xc0 | point >> 6), byte(0x80 | (point & 0x3f))};
    const std::string low = {byte(0x80 | (point >> 6 & 0x3f)), byte(0x80 | (point & 0x3f))};
    if (point < 0x10000) return byte(0xe0 | point >> 12) + low;
    return std::string{byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 0x3f))} + low;
}

TEST(Utf8, EveryCodePointIsOne) {
    for (char32_t point = 0; point <= 0x10ffff; ++point) {
        const bool surrogate = point >= 0xd800 && point <= 0xdfff;
        const auto count = count_code_points(encoded(point));
        if (surrogate) {
            ASSERT_FALSE(count.has_value()) << "U+" << std::hex << static_cast<unsigned>(point);
        } else {
            ASSERT_EQ(count, 1U) << "U+" << std::hex << static_cast<unsigned>(point);
        }
    }
}

TEST(Utf8, NothingIsAboveTheLastCodePoint) {
    EXPECT_FALSE(count_code_points(encoded(0x110000)).has_value());
    EXPECT_FALSE(count_code_points(encoded(0x1fffff)).has_value());
    EXPECT_FALSE(count_code_points("\xf8\x88\x80\x80\x80").has_value());
}

TEST(Utf8, NothingIsLongerThanItMustBe) {
    EXPECT_FALSE(count_code_points("\xc0\x80").has_value());
    EXPECT_FALSE(count_code_points("\xc1\xbf").has_value());
    EXPECT_FALSE(count_code_points("\xe0\x9f\xbf").has_value());
    EXPECT_FALSE(count_code_points("\xf0\x8f\xbf\xbf").has_value());
}

TEST(Utf8, EverySequenceIsWhole) {
    for (const std::string& whole : {"é"s, "€"s, "🙂"s}) {
        for (std::size_t size = 1; size < whole.size(); ++size) {
            EXPECT_FALSE(count_code_points(whole.substr(0, size)).has_value()) << size;
            EXPECT_FALSE(count_code_points(whole.substr(0, size) + "a").has_value()) << size;
        }
    }
    EXPECT_FALSE(count_code_points("\x80").has_value());
    EXPECT_FALSE(count_code_points("a\xff").has_value());
}

TEST(Utf8, CountsTextsOfAllLengths) {
    EXPECT_EQ(count_code_points(""), 0U);
    EXPECT_EQ(count_code_points("a\0b"s), 3U);
    EXPECT_EQ(count_code_points("naïve 🙂 €"), 9U);
}

TEST(Utf8, FindsWhatIsNotAsciiAtEveryPlaceOfALongText) {
    for (std::size_t before = 0; before < 20; ++before) {
        for (std::size_t after = 0; after < 20; ++after) {
            const std::string left(before, 'l');
            const std::string right(after, 'r');
            EXPECT_EQ(count_code_points(left + right), before + after);
            EXPECT_EQ(count_code_points(left + "€" + right), before + 1 + after);
            EXPECT_EQ(count_code_points(left + "é" + right + "🙂"), before + after + 2);
            EXPECT_FALSE(count_code_points(left + "\x80" + right).has_value());
            EXPECT_FALSE(count_code_points(left + "é" + right + "\xc3").has_value());
        }
    }
}

TEST(Utf8, APrefixEndsBetweenCodePoints) {
    EXPECT_EQ(first_code_points("a🙂b", 0), "");
    EXPECT_EQ(first_code_points("a🙂b", 1), "a");
    EXPECT_EQ(first_code_points("a🙂b", 2), "a🙂");
    EXPECT_EQ(first_code_points("a🙂b", 9), "a🙂b");
}

TEST(Utf8, IsTakenOnePointAfterAnother) {
    for (const char32_t point :
         {U'a', U'\x7f', U'\x80', U'é', U'߿', U'ࠀ', U'€', U'\xffff', U'🙂', U'\x10ffff'}) {
        const std::string bytes = encoded(point) + "z";
        std::string_view left = bytes;
        EXPECT_EQ(take_code_point(left), point);
        EXPECT_EQ(left, "z");
    }
    std::string_view broken = "\xc3z";
    EXPECT_EQ(take_code_point(broken), U'\xfffd');
    EXPECT_EQ(broken, "z");
}

RC_GTEST_PROP(Utf8, CountOfPrefixIsTheSmallerOfBoth,
              (const std::u32string& drawn, unsigned char points_max)) {
    std::string text;
    std::size_t points = 0;
    for (const char32_t one : drawn) {
        const char32_t point = one % 0x110000;
        if (point >= 0xd800 && point <= 0xdfff) continue;
        text += encoded(point);
        ++points;
    }
    RC_ASSERT(count_code_points(text) == points);
    const std::string_view prefix = first_code_points(text, points_max);
    RC_ASSERT(count_code_points(prefix) == std::min<std::size_t>(points, points_max));
    RC_ASSERT(text.starts_with(prefix));
}

}  // namespace
}  // namespace parley
