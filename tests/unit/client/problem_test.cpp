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

// A field of the protocol says nothing to a person, but where the sentence is about it.
TEST(Problem, NamesTheFieldWhereTheSentenceLacksIt) {
    EXPECT_EQ(problem_of({ErrorCode::invalid, "must begin with a letter a-z", 0, "handle"}).sentence,
              "This cannot be accepted: the field handle must begin with a letter a-z.");
    EXPECT_EQ(problem_of({ErrorCode::invalid, "nobody has a direct conversation with himself", 0, "target"})
                  .sentence,
              "This cannot be accepted: nobody has a direct conversation with himself.");
}

TEST(Problem, OfARightThatOneLacksSaysWhatItTakes) {
    EXPECT_EQ(problem_of({ErrorCode::not_allowed, "it takes an owner", 0, {}}).sentence,
              "You may not do this: it takes an owner.");
    EXPECT_EQ(problem_of({ErrorCode::not_allowed, {}, 0, {}}).sentence, "You may not do this.");
    EXPECT_NE(problem_of({ErrorCode::conversation_last_owner, {}, 0, {}}).sentence.find("parley transfer"),
              std::string::npos);
}

TEST(Problem, OfAFullDiskSaysWhoseItIs) {
    const Error error{ErrorCode::disk_full, "local database: database or disk is full", 0, {}};
    EXPECT_NE(problem_of(error, Machine::this_one).sentence.find("this machine"), std::string::npos);
    EXPECT_NE(problem_of(error).sentence.find("The server's disk"), std::string::npos)
        << "whatever its words are";
}

TEST(Problem, OfAPlaceSaysWhatOneIs) {
    EXPECT_EQ(problem_of_place("0"), "");
    EXPECT_EQ(problem_of_place("9007199254740991"), "") << "2^53-1";
    for (const char* wrong :
         {"", "abc", "-1", "1.5", "1e3", "9007199254740992", "7 ", "99999999999999999999"})
        EXPECT_NE(problem_of_place(wrong).find("a whole number"), std::string::npos) << wrong;
}

}  // namespace
}  // namespace parley::client::cli
