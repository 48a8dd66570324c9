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

/// For people: none of the words in which the schema speaks to developers.
void expect_plain(const Problem& problem, ErrorCode code) {
    const std::string& said = problem.sentence;
    EXPECT_GE(said.size(), 10U) << name_of(code);
    EXPECT_EQ(said.find('`'), std::string::npos) << name_of(code) << ": " << said;
    EXPECT_EQ(said.find("field"), std::string::npos) << name_of(code) << ": " << said;
    EXPECT_EQ(said.find("(" + std::string(sentence(code))), std::string::npos)
        << name_of(code) << ": " << said;
}

TEST(Problem, OfEveryCodeSpeaksToPeople) {
    int codes = 0;
    for (std::int64_t number = 0; number < 1000; ++number) {
        const auto code = error_code_numbered(number);
        if (!code) continue;
        ++codes;
        for (const Machine machine : {Machine::server, Machine::this_one}) {
            expect_plain(problem_of({*code, {}, 0, {}}, machine), *code);
            expect_plain(problem_of({*code, "is too short: at least 1 character", 0, "text"}, machine),
                         *code);
            // What the server says where it has nothing to say of this one case.
            expect_plain(problem_of({*code, std::string(sentence(*code)), 0, "text"}, machine), *code);
        }
    }
    EXPECT_GE(codes, 31);
}

TEST(Problem, OfALimitSaysOfWhichAndWhatToDo) {
    const auto said = [](const char* field) {
        return problem_of({ErrorCode::limit, "too many", 0, field}).sentence;
    };
    EXPECT_EQ(said("members"), "These are too many people for one group on this server. Name fewer.");
    EXPECT_EQ(said("accounts"), said("members"));
    EXPECT_NE(said("devices").find("parley devices --revoke"), std::string::npos);
    EXPECT_NE(said("handle").find("10 handles"), std::string::npos);
    EXPECT_NE(said("message").find("edited 100 times"), std::string::npos);
    EXPECT_NE(said("emoji").find("20 emoji of one person, and 50 different ones"), std::string::npos);
    EXPECT_NE(said("pins").find("at most 100 pinned messages"), std::string::npos);
    EXPECT_NE(said("links").find("at most 50 invite links"), std::string::npos);
    EXPECT_NE(said("payload").find("48 KiB"), std::string::npos);
    EXPECT_EQ(said("of a later version"), "This is more than the server allows. Give less at a time.");
}

TEST(Problem, TellsWhatFailedBesidesWhatToDo) {
    EXPECT_EQ(problem_of({ErrorCode::unavailable, "the server is draining", 0, {}}).sentence,
              "The server cannot do this now. Try again in a while. (the server is draining)");
}

TEST(Problem, NamesWhatTheSentenceIsAboutWhereThatLacksIt) {
    EXPECT_EQ(problem_of({ErrorCode::invalid, "must begin with a letter a-z", 0, "handle"}).sentence,
              "This cannot be accepted: the handle must begin with a letter a-z.");
    EXPECT_EQ(
        problem_of({ErrorCode::invalid, "is too long: at most 100 characters", 0, "device_name"}).sentence,
        "This cannot be accepted: the device name is too long: at most 100 characters.");
    EXPECT_EQ(problem_of({ErrorCode::invalid, "nobody removes himself from a group", 0, "target"}).sentence,
              "This cannot be accepted: nobody removes himself from a group.");
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
