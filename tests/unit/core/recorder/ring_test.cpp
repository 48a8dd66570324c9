// The ring keeps the newest lives and never more than it was given.

#include "core/recorder/ring.hpp"

#include "core/recorder/recorded_ports.hpp"
#include "core/recorder/recording.hpp"
#include "core/recorder/version.hpp"
#include "core/recorder/writer.hpp"
#include "core/schema.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace parley::test {
namespace {

using core::Ring;
using testing::HasSubstr;

constexpr std::size_t half_bytes = 4096;

struct Memory {
    std::vector<char> bytes = std::vector<char>(2 * half_bytes, '\0');

    Ring::Halves halves() {
        const std::span<char> all(bytes);
        return {all.first(half_bytes), all.last(half_bytes)};
    }
    std::string text() const {
        const std::string_view all(bytes.data(), bytes.size());
        return Ring::text_of({all.substr(0, half_bytes), all.substr(half_bytes)});
    }
};

std::string line_of(const protocol::RecordedLine& line) {
    return protocol::encode(line, protocol::Encoding::json) + "\n";
}

std::int64_t begin(Ring& ring) {
    const std::int64_t number = ring.begin_life();
    protocol::RecordedLife life{.format = limits::recording_format,
                                .version = std::string(core::version()),
                                .database = static_cast<std::int64_t>(core::migrations().size()),
                                .number = number,
                                .options = {},
                                .at = {.instant = 1}};
    EXPECT_TRUE(ring.append(line_of({.life = life}), false));
    return number;
}

std::string some_line() {
    return line_of({.random = std::string(100, 'A')});
}

/// Numbers of the lives in a text, in order.
std::vector<std::int64_t> lives_in(const std::string& text) {
    std::vector<std::int64_t> numbers;
    const auto recording = core::read_recording(text);
    if (!recording) return numbers;
    for (const auto& life : recording->lives)
        numbers.push_back(life.life.number);
    return numbers;
}

TEST(Ring, KeepsTheNewestLivesInOrder) {
    Memory memory;
    Ring ring(memory.halves());
    for (int i = 0; i < 100; ++i) {
        begin(ring);
        for (int lines = 0; lines < 5; ++lines)
            EXPECT_TRUE(ring.append(some_line(), false));
    }
    const auto lives = lives_in(ring.text());
    ASSERT_GT(lives.size(), 2u);
    EXPECT_EQ(lives.back(), 100);
    for (std::size_t i = 1; i < lives.size(); ++i)
        EXPECT_EQ(lives[i], lives[i - 1] + 1);
    EXPECT_EQ(memory.text(), ring.text());
}

TEST(Ring, HoldsBetweenAQuarterAndAllOfItsMemory) {
    Memory memory;
    Ring ring(memory.halves());
    for (int i = 0; i < 500; ++i) {
        begin(ring);
        for (int lines = 0; lines < i % 11; ++lines)
            ring.append(some_line(), false);
        EXPECT_LE(ring.text().size(), 2 * half_bytes);
        if (i > 50) {
            EXPECT_GE(ring.text().size(), half_bytes / 2);
        }
    }
}

TEST(Ring, TakesNoLineThatDoesNotFitButTheLastOfALife) {
    Memory memory;
    Ring ring(memory.halves());
    begin(ring);
    const std::size_t opened_at = ring.used();
    EXPECT_FALSE(ring.life_grows_long(opened_at));
    int taken = 0;
    while (ring.append(some_line(), false))
        ASSERT_LT(++taken, 100);
    EXPECT_TRUE(ring.life_grows_long(opened_at));
    EXPECT_FALSE(ring.life_grows_long(ring.used())) << "its opening took all the room";
    EXPECT_FALSE(ring.append(some_line(), false));
    EXPECT_TRUE(ring.append(line_of({.lost = "full"}), true));
    const auto recording = core::read_recording(ring.text());
    ASSERT_TRUE(recording) << recording.error().context;
    EXPECT_EQ(recording->lives.back().lost, "full");
    EXPECT_EQ(memory.bytes[half_bytes - 1], '\0');
    EXPECT_EQ(memory.bytes[half_bytes], '\0') << "it ran into the other half";
    // The next life has room again.
    begin(ring);
    EXPECT_TRUE(ring.append(some_line(), false));
    EXPECT_EQ(lives_in(ring.text()), (std::vector<std::int64_t>{1, 2}));
}

TEST(Ring, GoesOnWhereADeadProcessStopped) {
    Memory memory;
    for (int i = 1; i <= 40; ++i) {
        Ring ring(memory.halves());
        EXPECT_EQ(begin(ring), i);
        ring.append(some_line(), false);
        // It dies in the middle of a line.
        const std::string torn = R"({"random":"AAA)";
        ring.append(torn, false);
        EXPECT_EQ(lives_in(memory.text()).back(), i);
    }
    EXPECT_GT(lives_in(memory.text()).size(), 3u);
}

TEST(Ring, TakesWhatIsNoRecordingForEmpty) {
    for (const std::string_view garbage : {"\x01\x02 garbage\n", "{}\n", "{\"done\":{}}\n", "no line"}) {
        Memory memory;
        std::ranges::copy(garbage, memory.bytes.begin());
        std::ranges::copy(garbage, memory.bytes.begin() + half_bytes);
        EXPECT_EQ(memory.text(), "");
        Ring ring(memory.halves());
        EXPECT_EQ(ring.text(), "");
        EXPECT_EQ(begin(ring), 1);
        EXPECT_EQ(lives_in(memory.text()), (std::vector<std::int64_t>{1}));
    }
}

TEST(Ring, WritesNothingToMemoryThatIsEmpty) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* memory = ::mmap(nullptr, 2 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    const std::span<char> all(static_cast<char*>(memory), 2 * page);
    // Whoever writes here dies.
    const Ring ring({all.first(page), all.last(page)});
    EXPECT_EQ(ring.text(), "");
    ::munmap(memory, 2 * page);
}

TEST(RecordWriter, BeginsALifeWithoutTheNamesOfTheOneBefore) {
    core::WholeRecording sink;
    core::RecordWriter writer(sink);
    const auto noise_of = [&](std::string name) {
        writer.noise().hide(name, protocol::TextKind::name);
        return name;
    };
    writer.begin_life({});
    const std::string first = noise_of("ada");
    EXPECT_NE(noise_of("bob"), first);
    writer.begin_life({});
    EXPECT_EQ(noise_of("bob"), first);
}

TEST(RecordedDatabase, RunsAStatementAnewAfterItsEnd) {
    const auto row = [](std::int64_t value) {
        return protocol::RecordedRow{.values = {protocol::RecordedValue{.integer = value}}};
    };
    core::RecordedStep step;
    step.answers = {{.number = 0, .rows = {row(1), row(2)}}, {.number = 1, .rows = {row(3)}}};
    core::RecordedDatabase database;
    database.answer_as(step);
    const auto statement = database.prepare("SELECT a FROM b");
    ASSERT_TRUE(statement);
    std::vector<std::int64_t> seen;
    for (int run = 0; run < 2; ++run) {
        while (*(*statement)->step())
            seen.push_back((*statement)->integer(0));
    }
    EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3}));
}

}  // namespace
}  // namespace parley::test
