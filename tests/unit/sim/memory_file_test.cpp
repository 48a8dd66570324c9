#include "sim/memory_file.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace parley::sim {
namespace {

std::string content(const MemoryFile& file) {
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    file.read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return text;
}

void write(MemoryFile& file, std::int64_t offset, std::string_view text) {
    file.write(offset, as_bytes(text));
}

TEST(MemoryFile, ReadsBackWhatWasWrittenAndZerosBehindTheEnd) {
    MemoryFile file;
    write(file, 3, "abc");
    EXPECT_EQ(content(file), std::string("\0\0\0abc", 6));
    std::uint8_t two[2] = {9, 9};
    EXPECT_FALSE(file.read(5, two));
    EXPECT_EQ(two[0], 'c');
    EXPECT_EQ(two[1], 0);
}

TEST(MemoryFile, KeepsWhatWasSyncedThroughEveryPowerLoss) {
    Random random(1);
    MemoryFile file;
    write(file, 0, std::string(2000, 'a'));
    file.sync();
    for (int round = 0; round < 50; ++round) {
        MemoryFile lost = file;
        lost.lose_power(random);
        EXPECT_EQ(content(lost), std::string(2000, 'a'));
    }
}

TEST(MemoryFile, LosesKeepsAndTearsUnsyncedSectorsApartFromEachOther) {
    Random random(2);
    std::set<std::string> ends;
    std::int64_t torn = 0;
    for (int round = 0; round < 400; ++round) {
        MemoryFile file;
        write(file, 0, std::string(1024, 'a'));
        file.sync();
        write(file, 0, std::string(1024, 'b'));
        torn += file.lose_power(random).sectors_torn;
        const std::string after = content(file);
        ASSERT_EQ(after.size(), 1024U);
        for (const char letter : after)
            ASSERT_TRUE(letter == 'a' || letter == 'b');
        ends.insert({after.front(), after[512]});
    }
    EXPECT_EQ(ends, (std::set<std::string>{"aa", "ab", "ba", "bb"}));
    EXPECT_GT(torn, 0);
}

TEST(MemoryFile, ChangesNoByteOutsideOfAWrite) {
    Random random(3);
    for (int round = 0; round < 200; ++round) {
        MemoryFile file;
        write(file, 0, std::string(512, 'a'));
        file.sync();
        write(file, 100, "bbbb");
        file.lose_power(random);
        const std::string after = content(file);
        EXPECT_EQ(after.substr(0, 100), std::string(100, 'a'));
        EXPECT_EQ(after.substr(104), std::string(408, 'a'));
    }
}

TEST(MemoryFile, GoesBackToASizeThatItHad) {
    Random random(4);
    std::set<std::int64_t> sizes;
    for (int round = 0; round < 200; ++round) {
        MemoryFile file;
        write(file, 0, std::string(700, 'a'));
        file.sync();
        write(file, 700, std::string(700, 'b'));
        file.truncate(100);
        file.lose_power(random);
        sizes.insert(file.size());
        if (file.size() >= 700) {
            EXPECT_EQ(content(file).substr(0, 512), std::string(512, 'a'));
        }
    }
    EXPECT_EQ(sizes, (std::set<std::int64_t>{100, 700, 1400}));
}

TEST(MemoryFile, ALaterSyncDoesNotMendAFailedOne) {
    Random random(5);
    int lost = 0;
    for (int round = 0; round < 200; ++round) {
        MemoryFile file;
        write(file, 0, std::string(512, 'a'));
        file.sync();
        write(file, 0, std::string(512, 'b'));
        file.fail_sync(random);
        EXPECT_EQ(content(file), std::string(512, 'b')) << "readers see the page cache";
        file.sync();
        file.lose_power(random);
        lost += content(file) == std::string(512, 'a') ? 1 : 0;
    }
    EXPECT_GT(lost, 50);
    EXPECT_LT(lost, 150);
}

TEST(MemoryFile, WritingAgainMendsAFailedSync) {
    Random random(6);
    for (int round = 0; round < 100; ++round) {
        MemoryFile file;
        write(file, 0, std::string(512, 'a'));
        file.fail_sync(random);
        write(file, 0, std::string(512, 'b'));
        file.sync();
        file.lose_power(random);
        EXPECT_EQ(content(file), std::string(512, 'b'));
    }
}

}  // namespace
}  // namespace parley::sim
