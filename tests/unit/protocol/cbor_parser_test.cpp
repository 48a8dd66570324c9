#include "protocol/cbor_parser.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "tests/unit/protocol/golden_files.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::protocol {
namespace {

using Kind = Node::Kind;
using parley::test::from_hex;

/// Texts are views of the bytes, so that these must live as long.
struct Parsed {
    std::string bytes;
    Tree tree;
    Result<std::size_t> size = 0;

    explicit Parsed(std::string_view hex) : bytes(from_hex(hex)), size(parse_cbor(bytes, tree)) {}
    Parsed(const Parsed&) = delete;
    const Node& root() const { return tree.nodes.front(); }
};

bool is_refused_cbor(std::string_view hex) {
    const Parsed parsed(hex);
    return !parsed.size && parsed.size.error().code == ErrorCode::malformed;
}

// Examples of RFC 8949, appendix A.

TEST(CborParser, ReadsNaturals) {
    EXPECT_EQ(Parsed("00").root().number, 0U);
    EXPECT_EQ(Parsed("17").root().number, 23U);
    EXPECT_EQ(Parsed("1818").root().number, 24U);
    EXPECT_EQ(Parsed("1903e8").root().number, 1000U);
    EXPECT_EQ(Parsed("1a000f4240").root().number, 1'000'000U);
    EXPECT_EQ(Parsed("1b000000e8d4a51000").root().number, 1'000'000'000'000U);
    EXPECT_EQ(Parsed("1bffffffffffffffff").root().number, UINT64_MAX);
}

TEST(CborParser, ReadsNumbersThatAreLongerThanTheyMustBe) {
    EXPECT_EQ(Parsed("1800").root().number, 0U);
    EXPECT_EQ(Parsed("1b0000000000000001").root().number, 1U);
}

TEST(CborParser, TellsTheKinds) {
    EXPECT_EQ(Parsed("20").root().kind, Kind::negative);
    EXPECT_EQ(Parsed("3bffffffffffffffff").root().kind, Kind::negative);
    EXPECT_EQ(Parsed("f4").root().kind, Kind::boolean);
    EXPECT_EQ(Parsed("f5").root().number, 1U);
    EXPECT_EQ(Parsed("f6").root().kind, Kind::null);
    EXPECT_EQ(Parsed("f93e00").root().kind, Kind::fraction);
    EXPECT_EQ(Parsed("fa47c35000").root().kind, Kind::fraction);
    EXPECT_EQ(Parsed("fb3ff199999999999a").root().kind, Kind::fraction);
    EXPECT_EQ(Parsed("4401020304").root().kind, Kind::bytes);
    EXPECT_EQ(Parsed("6449455446").root().text, "IETF");
    EXPECT_EQ(Parsed("62c3bc").root().text, "ü");
}

TEST(CborParser, MakesAFlatTree) {
    const Parsed parsed("a26161016162820203");
    const auto& nodes = parsed.tree.nodes;
    ASSERT_EQ(nodes.size(), 7U);
    EXPECT_EQ(nodes[0].number, 2U);
    EXPECT_EQ(nodes[0].after, 7U);
    EXPECT_EQ(nodes[3].text, "b");
    EXPECT_EQ(nodes[4].number, 2U);
    EXPECT_EQ(nodes[4].after, 7U);
}

TEST(CborParser, ReadsIndefiniteLengths) {
    EXPECT_EQ(Parsed("9fff").root().number, 0U);
    EXPECT_EQ(Parsed("9f0102ff").root().number, 2U);
    EXPECT_EQ(Parsed("bf61610161629f0203ffff").root().number, 2U);
    EXPECT_EQ(Parsed("7f657374726561646d696e67ff").root().text, "streaming");
    EXPECT_EQ(Parsed("5f42010243030405ff").root().text, "\x01\x02\x03\x04\x05");
    EXPECT_EQ(Parsed("7fff").root().text, "");
}

TEST(CborParser, KeepsStringsInPiecesApart) {
    const Parsed parsed("827f61616162ff7f616361646165ff");
    ASSERT_EQ(parsed.tree.nodes.size(), 3U);
    EXPECT_EQ(parsed.tree.nodes[1].text, "ab");
    EXPECT_EQ(parsed.tree.nodes[2].text, "cde");
}

TEST(CborParser, SaysWhereTheItemEnds) {
    EXPECT_EQ(Parsed("0101").size, 1U);
    EXPECT_EQ(Parsed("8201026161").size, 3U);
    EXPECT_EQ(Parsed("9f01ff00").size, 3U);
}

TEST(CborParser, RefusesWhatEndsEarly) {
    for (const std::string_view hex : {"", "18", "19 03", "1b 00000000000000", "61", "4401", "82 01", "a1 01",
                                       "9f", "bf 01", "bf 01 02", "7f 61 61", "5f"}) {
        EXPECT_TRUE(is_refused_cbor(hex)) << hex;
    }
}

TEST(CborParser, RefusesLengthsThatPromiseTooMuch) {
    EXPECT_TRUE(is_refused_cbor("5bffffffffffffffff00"));
    EXPECT_TRUE(is_refused_cbor("7b7fffffffffffffff61"));
    EXPECT_TRUE(is_refused_cbor("9bffffffffffffffff01"));
    EXPECT_TRUE(is_refused_cbor("bbffffffffffffffff0101"));
    EXPECT_TRUE(is_refused_cbor("9affffffff"));
}

TEST(CborParser, RefusesReservedForms) {
    for (const std::string_view hex :
         {"1c", "1d", "1e", "1f", "3f", "5c", "7e", "9d", "bc", "dc", "fc", "fd", "fe"}) {
        EXPECT_TRUE(is_refused_cbor(std::string(hex) + "0000000000000000")) << hex;
    }
}

TEST(CborParser, RefusesTagsAndOtherSimpleValues) {
    EXPECT_TRUE(is_refused_cbor("c074323031332d30332d32315432303a30343a30305a"));
    EXPECT_TRUE(is_refused_cbor("d9d9f700"));
    EXPECT_TRUE(is_refused_cbor("f7"));
    EXPECT_TRUE(is_refused_cbor("e0"));
    EXPECT_TRUE(is_refused_cbor("f8ff"));
    EXPECT_TRUE(is_refused_cbor("f818"));
}

TEST(CborParser, RefusesABreakOutOfPlace) {
    EXPECT_TRUE(is_refused_cbor("ff"));
    EXPECT_TRUE(is_refused_cbor("81ff"));
    EXPECT_TRUE(is_refused_cbor("a101ff"));
    EXPECT_TRUE(is_refused_cbor("bf01ff"));
}

TEST(CborParser, RefusesPiecesOfAnotherKind) {
    EXPECT_TRUE(is_refused_cbor("7f4161ff"));
    EXPECT_TRUE(is_refused_cbor("5f6161ff"));
    EXPECT_TRUE(is_refused_cbor("7f00ff"));
    EXPECT_TRUE(is_refused_cbor("7f7f6161ffff"));
}

TEST(CborParser, RefusesInvalidUtf8) {
    EXPECT_TRUE(is_refused_cbor("61ff"));
    EXPECT_TRUE(is_refused_cbor("62c0af"));
    EXPECT_TRUE(is_refused_cbor("63eda080"));
    EXPECT_TRUE(is_refused_cbor("64f4908080"));
    EXPECT_TRUE(is_refused_cbor("7f61c361a9ff")) << "each piece must be valid by itself (section 3.2.3)";
    EXPECT_TRUE(is_refused_cbor("a161ff00"));
}

TEST(CborParser, TakesSixteenLevelsAndNoMore) {
    const auto nested = [](std::size_t levels, const char* level, const char* inner) {
        std::string hex;
        for (std::size_t i = 0; i < levels; ++i)
            hex += level;
        return hex + inner;
    };
    EXPECT_FALSE(is_refused_cbor(nested(16, "81", "00")));
    EXPECT_TRUE(is_refused_cbor(nested(17, "81", "00")));
    EXPECT_FALSE(is_refused_cbor(nested(16, "a101", "00")));
    EXPECT_TRUE(is_refused_cbor(nested(17, "a101", "00")));
    EXPECT_TRUE(is_refused_cbor(nested(50'000, "9f", "")));
}

}  // namespace
}  // namespace parley::protocol
