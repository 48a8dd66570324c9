#include "client/cli/text.hpp"

#include "client/cli/json_line.hpp"

#include <gtest/gtest.h>

namespace parley::client::cli {
namespace {

TEST(Text, KeepsOrdinaryText) {
    EXPECT_EQ(harmless_line("Grüße, 世界 👋🏽 שלום"), "Grüße, 世界 👋🏽 שלום");
    EXPECT_EQ(harmless_block("one\ntwo", 0), "one\ntwo");
}

TEST(Text, ShowsControlCharactersInsteadOfObeyingThem) {
    EXPECT_EQ(harmless_line("\x1b[2Jgone"), "␛[2Jgone");
    EXPECT_EQ(harmless_line("bell\a, back\b, return\r"), "bell␇, back␈, return␍");
    EXPECT_EQ(harmless_line("\x7f"), "␡");
    EXPECT_EQ(harmless_line("two\nlines"), "two␊lines");
    EXPECT_EQ(harmless_line("\xc2\x9b"
                            "31m"),
              "\uFFFD31m")
        << "CSI as one character of C1";
}

TEST(Text, StopsOverridesOfDirection) {
    EXPECT_EQ(harmless_line("a\u202Eb\u2066c"), "a\uFFFDb\uFFFDc");
}

TEST(Text, ReplacesWhatIsNoUtf8) {
    EXPECT_EQ(harmless_line("a\xff\xfe"
                            "b"),
              "a\uFFFD\uFFFDb");
}

TEST(Text, IndentsFurtherLinesSoThatNoneLooksLikeAnotherMessage) {
    EXPECT_EQ(harmless_block("hi\n14:05  ada  fake", 4), "hi\n    14:05  ada  fake");
    EXPECT_EQ(harmless_block("a\r\nb\u2028c", 2), "a␍\n  b\uFFFDc");
}

TEST(Text, CountsColumns) {
    EXPECT_EQ(columns("abc"), 3u);
    EXPECT_EQ(columns("世界"), 4u);
    EXPECT_EQ(columns("e\u0301"), 1u);
    EXPECT_EQ(padded("世", 4), "世  ");
    EXPECT_EQ(padded("long", 2), "long");
}

TEST(Text, ABeginningFitsAndIsWhole) {
    EXPECT_EQ(first_columns("long", 4), "long");
    EXPECT_EQ(first_columns("longer", 4), "lon…");
    EXPECT_EQ(first_columns("ééééé", 4), "ééé…");
    EXPECT_EQ(first_columns("日本語", 4), "日…");
    EXPECT_EQ(first_columns("日本語", 5), "日本…");
}

TEST(Text, OfWordsIsTheirLineAndBlankWhereNothingCanBeSeen) {
    EXPECT_EQ(joined({"half", "a", "sentence"}), "half a sentence");
    EXPECT_EQ(joined({}), "");
    EXPECT_TRUE(is_blank(""));
    EXPECT_TRUE(is_blank(" \t\r\n"));
    EXPECT_FALSE(is_blank(" . "));
}

TEST(JsonLine, WritesOneObject) {
    JsonLine object;
    object.text("a", "x\"\n").integer("b", 7).boolean("c", false).texts("d", {"1", "2"});
    EXPECT_EQ(object.take(), R"({"a":"x\"\n","b":7,"c":false,"d":["1","2"]})");
}

TEST(JsonLine, NestsObjects) {
    JsonLine inner;
    inner.text("x", "y");
    JsonLine outer;
    outer.object("inner", inner.take()).integer("z", 1);
    EXPECT_EQ(outer.take(), R"({"inner":{"x":"y"},"z":1})");
}

TEST(JsonLine, EscapesWhatATerminalWouldObey) {
    JsonLine object;
    object.text("a", "\x1b[0m \x7f \xc2\x9b é \u202e \u20ac \U000E0041 \U000E0100 \U0001F600");
    EXPECT_EQ(object.take(),
              "{\"a\":\"\\u001b[0m \\u007f \\u009b é \\u202e € \\udb40\\udc41 \U000E0100 \U0001F600\"}");
}

}  // namespace
}  // namespace parley::client::cli
