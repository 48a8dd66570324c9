#include "sim/crew.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

namespace parley::sim {
namespace {

using ::testing::HasSubstr;

std::vector<Finished> all(std::size_t jobs, std::uint64_t first, std::uint64_t last,
                          std::function<std::string(std::uint64_t)> work) {
    std::vector<Finished> finished;
    run_crew({.jobs = jobs,
              .seconds_max = 60,
              .work = std::move(work),
              .finished =
                  [&](Finished one) {
                      finished.push_back(std::move(one));
                  }},
             first, [last](std::uint64_t next) { return next <= last; });
    return finished;
}

TEST(Crew, GivesWhatCameOfEachNumberInTheirOrder) {
    const auto finished = all(3, 5, 14, [](std::uint64_t number) {
        // More than a pipe holds, so that the first ones end later than the last ones.
        return std::string(number < 8 ? 300'000 : 1, static_cast<char>('a' + number));
    });
    ASSERT_EQ(finished.size(), 10U);
    for (std::uint64_t one = 0; one < finished.size(); ++one) {
        EXPECT_EQ(finished[one].number, one + 5);
        ASSERT_TRUE(finished[one].text);
        EXPECT_EQ(*finished[one].text, std::string(one < 3 ? 300'000 : 1, static_cast<char>('a' + one + 5)));
    }
}

TEST(Crew, AProcessThatDiesIsToldAndTheOthersGoOn) {
    const auto finished = all(2, 1, 3, [](std::uint64_t number) {
        if (number == 2) std::abort();
        return std::string("done");
    });
    ASSERT_EQ(finished.size(), 3U);
    EXPECT_EQ(finished[0].text, "done");
    EXPECT_FALSE(finished[1].text);
    EXPECT_THAT(finished[1].end, HasSubstr("signal 6"));
    EXPECT_EQ(finished[2].text, "done");
}

TEST(Crew, OneProcessDoesSeveralNumbersAndNotAll) {
    const auto finished = all(1, 1, 100, [](std::uint64_t) { return std::to_string(getpid()); });
    ASSERT_EQ(finished.size(), 100U);
    std::set<std::string> processes;
    for (const Finished& one : finished)
        processes.insert(one.text.value_or("none"));
    EXPECT_EQ(finished[0].text, finished[1].text);
    EXPECT_GT(processes.size(), 1U);
    EXPECT_LT(processes.size(), 10U);
    EXPECT_FALSE(processes.contains("none"));
}

TEST(Crew, WhatKillsAProcessThatHasDoneOthersIsDoneOnceMoreAlone) {
    int done = 0;
    const auto finished = all(1, 1, 4, [&](std::uint64_t number) {
        if (number == 3 && done > 0) std::abort();
        return std::to_string(++done);
    });
    ASSERT_EQ(finished.size(), 4U);
    EXPECT_EQ(finished[1].text, "2");
    EXPECT_EQ(finished[2].text, "1");
    EXPECT_EQ(finished[3].text, "2");
}

TEST(Crew, WorkThatDoesNotEndIsEnded) {
    const Finished finished = run_apart(
        []() -> std::string {
            while (true)
                pause();
        },
        1);
    EXPECT_FALSE(finished.text);
    EXPECT_EQ(finished.end, "took too long");
}

TEST(Crew, NothingThatWorkDoesIsSeenOutside) {
    int seen = 0;
    const Finished finished = run_apart([&] { return std::to_string(++seen); }, 60);
    EXPECT_EQ(finished.text, "1");
    EXPECT_EQ(seen, 0);
}

}  // namespace
}  // namespace parley::sim
