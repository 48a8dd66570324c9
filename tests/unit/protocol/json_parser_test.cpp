#include "protocol/json_parser.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::protocol {
namespace {

using namespace std::string_literals;
using Kind = Node::Kind;

Tree parsed(std::string_view text) {
    Tree tree;
    const Status status = parse_json(text, tree);
    EXPECT_TRUE(status.has_value()) << text;
    return tree;
}

bool is_refused_json(std::string_view text) {
    Tree tree;
    const Status status = parse_json(text, tree);
    return !status && status.error().code == ErrorCode::malformed;
}

TEST(JsonParser, MakesAFlatTree) {
    const Tree tree = parsed(R"({"a":[1,2],"b":true})");
    ASSERT_EQ(tree.nodes.size(), 7U);
    EXPECT_EQ(tree.nodes[0].kind, Kind::map);
    EXPECT_EQ(tree.nodes[0].number, 2U);
    EXPECT_EQ(tree.nodes[0].after, 7U);
    EXPECT_EQ(tree.nodes[1].text, "a");
    EXPECT_EQ(tree.nodes[2].kind, Kind::list);
    EXPECT_EQ(tree.nodes[2].number, 2U);
    EXPECT_EQ(tree.nodes[2].after, 5U);
    EXPECT_EQ(tree.nodes[4].number, 2U);
    EXPECT_EQ(tree.nodes[6].kind, Kind::boolean);
}

TEST(JsonParser, TellsTheKindsOfNumbers) {
    EXPECT_EQ(parsed("0").nodes[0].kind, Kind::natural);
    EXPECT_EQ(parsed("9007199254740991").nodes[0].number, 9007199254740991U);
    EXPECT_EQ(parsed("18446744073709551615").nodes[0].number, UINT64_MAX);
    EXPECT_EQ(parsed("18446744073709551616").nodes[0].kind, Kind::natural);
    EXPECT_EQ(parsed("18446744073709551616").nodes[0].number, UINT64_MAX);
    EXPECT_EQ(parsed("-1").nodes[0].kind, Kind::negative);
    EXPECT_EQ(parsed("-9223372036854775809").nodes[0].kind, Kind::negative);
    EXPECT_EQ(parsed("1.0").nodes[0].kind, Kind::fraction);
    EXPECT_EQ(parsed("1e3").nodes[0].kind, Kind::fraction);
    EXPECT_EQ(parsed("1E400").nodes[0].kind, Kind::fraction);
    EXPECT_EQ(parsed("123456789012345678901234567890e-5").nodes[0].kind, Kind::fraction);
}

TEST(JsonParser, ResolvesEscapes) {
    EXPECT_EQ(parsed(R"("a\"\\\/\b\f\n\r\té🙂z")").nodes[0].text, "a\"\\/\b\f\n\r\té🙂z");
    EXPECT_EQ(parsed(R"("\u0000")").nodes[0].text, "\0"s);
    EXPECT_EQ(parsed(R"("")").nodes[0].text, "");
}

TEST(JsonParser, KeepsTextsApartThatHaveEscapes) {
    const Tree tree = parsed(R"(["\n","plain","","\t\t","x\\y"])");
    EXPECT_EQ(tree.nodes[1].text, "\n");
    EXPECT_EQ(tree.nodes[2].text, "plain");
    EXPECT_EQ(tree.nodes[3].text, "");
    EXPECT_EQ(tree.nodes[4].text, "\t\t");
    EXPECT_EQ(tree.nodes[5].text, "x\\y");
}

TEST(JsonParser, KeepsEqualKeys) {
    EXPECT_EQ(parsed(R"({"a":1,"a":2})").nodes[0].number, 2U);
}

TEST(JsonParser, RefusesInvalidUtf8) {
    for (const std::string& bytes :
         {"\x80"s, "\xff"s, "\xc0\xaf"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "\xe2\x82"s}) {
        EXPECT_TRUE(is_refused_json("\"" + bytes + "\""));
        EXPECT_TRUE(is_refused_json("{\"" + bytes + "\":1}"));
        EXPECT_TRUE(is_refused_json("\"\\n" + bytes + "\""));
    }
}

TEST(JsonParser, RefusesHalvesOfSurrogatePairs) {
    EXPECT_TRUE(is_refused_json(R"("\ud800")"));
    EXPECT_TRUE(is_refused_json(R"("\udc00")"));
    EXPECT_TRUE(is_refused_json(R"("\ud800A")"));
    EXPECT_TRUE(is_refused_json(R"("\ud800\ud800")"));
    EXPECT_FALSE(is_refused_json(R"("\ud83d\ude42")"));
}

TEST(JsonParser, RefusesWhatJsonIsNot) {
    for (const std::string& text :
         {""s, " "s, "{}x"s, "{} {}"s, "[1,]"s, "{\"a\":1,}"s, "// a\n1"s, "NaN"s, "Infinity"s, "'a'"s, "01"s,
          "+1"s, ".5"s, "\"a\nb\""s, "\"\\x41\""s, "\xef\xbb\xbf{}"s, "\0"s}) {
        EXPECT_TRUE(is_refused_json(text)) << text;
    }
}

TEST(JsonParser, TakesSixteenLevelsAndNoMore) {
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    EXPECT_FALSE(is_refused_json(nested(16)));
    EXPECT_TRUE(is_refused_json(nested(17)));
    EXPECT_TRUE(is_refused_json(std::string(100'000, '[')));
}

TEST(JsonParser, CanUseATreeAgain) {
    Tree tree;
    ASSERT_TRUE(parse_json(R"(["a\n"])", tree).has_value());
    ASSERT_TRUE(parse_json(R"(["b\n","a longer one than before\n"])", tree).has_value());
    EXPECT_EQ(tree.nodes.size(), 3U);
    EXPECT_EQ(tree.nodes[1].text, "b\n");
    EXPECT_EQ(tree.nodes[2].text, "a longer one than before\n");
}

}  // namespace
}  // namespace parley::protocol
