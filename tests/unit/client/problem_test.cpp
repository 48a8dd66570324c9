#include "client/cli/problem.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <gtest/gtest.h>

namespace parley::client::cli {
namespace {

std::string sentence_after(std::int64_t retry_after_ms) {
    return problem_of({ErrorCode::rate_limited, {}, retry_after_ms, {}}).sentence;
}

TEST(Problem, SaysHowLongToWaitAndNeverTooShort) {
    EXPECT_EQ(sentence_after(1), "Too many attempts. Try again in 1 second.");
    EXPECT_EQ(sentence_after(90'000), "Too many attempts. Try again in 90 seconds.");
    EXPECT_EQ(sentence_after(180'001), "Too many attempts. Try again in 4 minutes.");
    EXPECT_EQ(sentence_after(0), "Too many attempts. Try again in a while.");
}

TEST(Problem, OfADirectConversationSaysThatItIsNoGroup) {
    const Problem problem = problem_of({ErrorCode::conversation_kind, {}, 0, {}});
    EXPECT_NE(problem.sentence.find("groups only"), std::string::npos);
    EXPECT_EQ(problem.exit_code, ExitCode::failed);
}

}  // namespace
}  // namespace parley::client::cli
