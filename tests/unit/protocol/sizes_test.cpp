#include "protocol/codec.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/unit/protocol/golden_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>

namespace parley::protocol {
namespace {

struct Sizes {
    std::size_t json = 0;
    std::size_t cbor = 0;

    friend bool operator==(const Sizes&, const Sizes&) = default;
};

/// The rows of protocol/generated/docs/sizes.md.
std::map<std::string, Sizes> size_table() {
    const auto path = parley::test::source_dir() / "protocol" / "generated" / "docs" / "sizes.md";
    std::istringstream lines(parley::test::file_content(path));
    std::map<std::string, Sizes> table;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream cells(line);
        std::string name;
        Sizes sizes;
        char bar = 0;
        if (!(cells >> bar) || bar != '|' || !std::getline(cells, name, '|')) continue;
        if (cells >> sizes.json >> bar >> sizes.cbor) table[name.substr(1, name.size() - 2)] = sizes;
    }
    return table;
}

Sizes sizes_of(const Envelope& envelope) {
    std::string json;
    std::string cbor;
    append_envelope(json, envelope, Encoding::json);
    append_envelope(cbor, envelope, Encoding::cbor);
    return {json.size(), cbor.size()};
}

TEST(Sizes, ADeliveredMessageStaysWithinItsBudget) {
    Envelope envelope;
    envelope.id = Uuid{};
    envelope.stream = StreamId("c1234567890");
    envelope.seq = 4521;
    envelope.timestamp = WallTime{1767225600000};
    envelope.payload = MessageNew{.sender = AccountId("a1234567890"), .text = std::string(100, 'x')};
    const Sizes sizes = sizes_of(envelope);
    EXPECT_LE(sizes.json, 300U);
    EXPECT_LE(sizes.cbor, 170U);
    EXPECT_EQ(size_table()["message.new, a text of 100 bytes"], sizes);
    // A conversation of two thousand million changes is still within it.
    envelope.seq = 2'000'000'000;
    EXPECT_LE(sizes_of(envelope).json, 300U);
    EXPECT_LE(sizes_of(envelope).cbor, 170U);
}

TEST(Sizes, TheTableIsTrue) {
    const auto table = size_table();
    std::size_t rows = 1;  // the row of the test above
    for (const auto& golden : parley::test::all_golden()) {
        if (!golden.is_envelope() || golden.name != golden.of()) continue;
        ASSERT_TRUE(table.contains(golden.name)) << golden.name;
        EXPECT_EQ(table.at(golden.name), (Sizes{golden.json.size(), golden.cbor.size()})) << golden.name;
        ++rows;
    }
    EXPECT_EQ(table.size(), rows);
}

}  // namespace
}  // namespace parley::protocol
