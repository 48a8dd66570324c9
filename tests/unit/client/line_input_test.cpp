#include "client/net/line_input.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/client/soon.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <vector>

namespace parley::client {
namespace {

std::vector<std::string> all_lines(Loop& loop, LineInput& input) {
    std::vector<std::string> lines;
    while (!input.ended()) {
        if (!loop.run_until([&] { return input.ready(); }, soon())) break;
        while (auto line = input.take())
            lines.push_back(std::move(*line));
    }
    return lines;
}

struct Pipe {
    Pipe() { EXPECT_EQ(::pipe(ends), 0); }
    ~Pipe() {
        ::close(ends[0]);
        close_writing();
    }
    void write(std::string_view text) {
        EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    void close_writing() {
        if (ends[1] >= 0) ::close(ends[1]);
        ends[1] = -1;
    }
    int ends[2];
};

using Lines = std::vector<std::string>;

TEST(LineInput, SplitsLinesWhateverTheirEnd) {
    Pipe pipe;
    pipe.write("one\ntwo\r\n\nlast");
    pipe.close_writing();
    Loop loop;
    LineInput input(loop, pipe.ends[0]);
    EXPECT_EQ(all_lines(loop, input), (Lines{"one", "two", "", "last"}));
}

TEST(LineInput, GivesALineAsSoonAsItIsThere) {
    Pipe pipe;
    Loop loop;
    LineInput input(loop, pipe.ends[0]);
    EXPECT_FALSE(input.ready());
    pipe.write("half");
    pipe.write(" and half\nmore");
    ASSERT_TRUE(loop.run_until([&] { return input.ready(); }, soon()));
    EXPECT_EQ(input.take(), "half and half");
    EXPECT_EQ(input.take(), std::nullopt);
    EXPECT_FALSE(input.ended());
    pipe.close_writing();
    EXPECT_EQ(all_lines(loop, input), (Lines{"more"}));
}

TEST(LineInput, ReadsFilesAsWell) {
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "lines";
    Lines written;
    {
        std::ofstream out(path);
        for (int i = 0; i < 20'000; ++i) {
            written.push_back("line " + std::to_string(i));
            out << written.back() << '\n';
        }
    }
    const int file = ::open(path.c_str(), O_RDONLY);
    Loop loop;
    LineInput input(loop, file);
    EXPECT_EQ(all_lines(loop, input), written);
    ::close(file);
}

// What is too long is one line, however long; the next one is the next.
TEST(LineInput, CutsALineThatIsTooLongAndPassesOverItsRest) {
    constexpr std::size_t most = 1 << 20;
    const test::TemporaryFolder folder;
    const std::string path = folder.path() / "lines";
    {
        std::ofstream out(path);
        out << std::string(most + 100, 'x') << "\nnext\n";
        // Its last character would be cut in the middle.
        out << std::string(most - 1, 'y') << "\u00e4\u00e4\nlast";
    }
    const int file = ::open(path.c_str(), O_RDONLY);
    Loop loop;
    LineInput input(loop, file);
    const Lines lines = all_lines(loop, input);
    ::close(file);
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_TRUE(lines[0] == std::string(most, 'x'));
    EXPECT_EQ(lines[1], "next");
    EXPECT_TRUE(lines[2] == std::string(most - 1, 'y'));
    EXPECT_EQ(lines[3], "last");
}

TEST(LineInput, LeavesTheDescriptorAsItWas) {
    Pipe pipe;
    const int before = ::fcntl(pipe.ends[0], F_GETFL);
    {
        Loop loop;
        LineInput input(loop, pipe.ends[0]);
        loop.run_until([] { return false; }, read_clocks().instant);
    }
    EXPECT_EQ(::fcntl(pipe.ends[0], F_GETFL), before);
}

}  // namespace
}  // namespace parley::client
