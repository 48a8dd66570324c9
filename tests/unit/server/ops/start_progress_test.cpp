#include "server/ops/start_progress.hpp"

#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(StartProgress, SaysThatItBeginsHowFarItIsAndThatItIsDone) {
    test::Lines lines;
    Instant now{1'000};
    StartProgress progress(lines, [&] { return now; });
    constexpr std::int64_t mebibyte = 1 << 20;
    progress.handle({.bytes_written = 0, .bytes_expected = 300 * mebibyte});
    ASSERT_EQ(lines.all.size(), 1u) << "before anything is written";
    EXPECT_NE(lines.all.back().find("mib_to_write=300"), std::string::npos) << lines.all.back();
    for (int second = 1; second <= 25; ++second) {
        now = now + seconds(1);
        for (int i = 0; i < 100; ++i)
            progress.handle({.bytes_written = second * 10 * mebibyte, .bytes_expected = 300 * mebibyte});
    }
    ASSERT_EQ(lines.all.size(), 3u) << "every ten seconds, however often it is told";
    EXPECT_NE(lines.all[1].find("percent=33"), std::string::npos) << lines.all[1];
    EXPECT_NE(lines.all[2].find("percent=66"), std::string::npos) << lines.all[2];
    now = now + seconds(20);
    progress.handle({.bytes_written = 400 * mebibyte, .bytes_expected = 300 * mebibyte});
    EXPECT_NE(lines.all.back().find("percent=99"), std::string::npos) << lines.all.back();
    progress.handle_done();
    EXPECT_NE(lines.all.back().find("took=45000ms"), std::string::npos) << lines.all.back();
}

TEST(StartProgress, SaysNothingWhereThereWasNothingToDo) {
    test::Lines lines;
    StartProgress progress(lines, [] { return Instant{}; });
    progress.handle_done();
    EXPECT_TRUE(lines.all.empty());
}

}  // namespace
}  // namespace parley::server
