#include "sim/blocks.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace parley::sim {
namespace {

constexpr auto block = static_cast<std::int64_t>(Blocks::block_bytes);

std::string content(const Blocks& blocks) {
    std::string text(static_cast<std::size_t>(blocks.size()), '?');
    blocks.read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return text;
}

TEST(Blocks, GrowsByZerosAlsoWhereSomethingStoodBefore) {
    Blocks blocks;
    blocks.write(0, as_bytes(std::string(3 * Blocks::block_bytes, 'a')));
    blocks.resize(2);
    blocks.write(block + 1, as_bytes("b"));
    EXPECT_EQ(content(blocks), "aa" + std::string(Blocks::block_bytes - 1, '\0') + "b");
    blocks.resize(1);
    blocks.resize(4);
    EXPECT_EQ(content(blocks), std::string("a\0\0\0", 4));
}

TEST(Blocks, ACopyKeepsWhatItHeldWhicheverOfBothChanges) {
    Blocks one;
    one.write(0, as_bytes(std::string(2 * Blocks::block_bytes, 'a')));
    Blocks other = one;
    one.at(block) = 'b';
    other.write(0, as_bytes("c"));
    EXPECT_EQ(content(one),
              std::string(Blocks::block_bytes, 'a') + "b" + std::string(Blocks::block_bytes - 1, 'a'));
    EXPECT_EQ(content(other), "c" + std::string(2 * Blocks::block_bytes - 1, 'a'));
    other.resize(1);
    other.resize(2);
    EXPECT_EQ(content(other), std::string("c\0", 2));
    EXPECT_EQ(one.size(), 2 * block);
}

TEST(Blocks, DoesWhatAStringDoes) {
    std::mt19937 chance(1);
    const auto below = [&](std::int64_t end) {
        return std::uniform_int_distribution<std::int64_t>(0, end - 1)(chance);
    };
    Blocks blocks;
    std::string text;
    Blocks older;
    std::string older_text;
    for (int round = 0; round < 400; ++round) {
        const std::int64_t offset = below(4 * block);
        const auto size = static_cast<std::size_t>(1 + below(2 * block));
        const auto grown = std::max(text.size(), static_cast<std::size_t>(offset) + size);
        if (below(8) == 0) {
            blocks.resize(offset);
            text.resize(static_cast<std::size_t>(offset));
        } else if (below(8) == 0) {
            older = blocks;
            older_text = text;
        } else if (below(4) == 0 && size <= older_text.size()) {
            const auto from = below(static_cast<std::int64_t>(older_text.size() - size) + 1);
            blocks.write(offset, older, from, static_cast<std::int64_t>(size));
            text.resize(grown);
            text.replace(static_cast<std::size_t>(offset), size, older_text, static_cast<std::size_t>(from),
                         size);
        } else {
            const std::string fresh(size, static_cast<char>('a' + round % 26));
            blocks.write(offset, as_bytes(fresh));
            text.resize(grown);
            text.replace(static_cast<std::size_t>(offset), size, fresh);
        }
        ASSERT_EQ(content(blocks), text) << round;
        ASSERT_EQ(content(older), older_text) << round;
    }
}

}  // namespace
}  // namespace parley::sim
