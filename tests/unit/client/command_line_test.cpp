#include "client/cli/command_line.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parley::client::cli {
namespace {

std::expected<CommandLine, int> parsed(const std::vector<const char*>& words) {
    std::vector<const char*> all{"parley"};
    all.insert(all.end(), words.begin(), words.end());
    return parse(static_cast<int>(all.size()), all.data());
}

TEST(CommandLine, TakesCommonOptionsBeforeAndAfterTheCommand) {
    const auto before = parsed({"--json", "--account", "ada", "status"});
    ASSERT_TRUE(before);
    EXPECT_TRUE(before->common.json);
    const auto after = parsed({"status", "--json", "--account", "ada", "--wait", "3", "--offline"});
    ASSERT_TRUE(after);
    EXPECT_TRUE(after->common.json);
    EXPECT_TRUE(after->common.offline);
    EXPECT_EQ(after->common.account, "ada");
    EXPECT_EQ(after->common.wait_seconds, 3);
}

TEST(CommandLine, ReadsRegisterAsTheServerPrintsIt) {
    const auto line =
        parsed({"register", "--server", "http://127.0.0.1:8080", "--token", "i1.x", "--handle", "ada"});
    ASSERT_TRUE(line);
    const auto& command = std::get<RegisterCommand>(line->command);
    EXPECT_EQ(command.server, "http://127.0.0.1:8080");
    EXPECT_EQ(command.token, "i1.x");
    EXPECT_EQ(command.handle, "ada");
}

TEST(CommandLine, TakesTheHandleAlsoWithoutItsOption) {
    const auto line = parsed({"login", "ada", "--server", "chat.example.org"});
    ASSERT_TRUE(line);
    EXPECT_EQ(std::get<LoginCommand>(line->command).handle, "ada");
}

TEST(CommandLine, TakesTheHandleWithItsSign) {
    const auto login = parsed({"login", "@ada", "--server", "chat.example.org"});
    ASSERT_TRUE(login);
    EXPECT_EQ(std::get<LoginCommand>(login->command).handle, "ada");
    const auto made = parsed({"register", "--handle", "@ada", "--server", "chat.example.org"});
    ASSERT_TRUE(made);
    EXPECT_EQ(std::get<RegisterCommand>(made->command).handle, "ada");
    const auto profile = parsed({"--account", "@ada", "profile", "--handle", "@countess"});
    ASSERT_TRUE(profile);
    EXPECT_EQ(std::get<ProfileCommand>(profile->command).handle, "countess");
    EXPECT_EQ(profile->common.account, "ada");
}

TEST(CommandLine, TakesRolesAndSettingsOfAGroup) {
    const auto role = parsed({"role", "Team", "@bob", "admin"});
    ASSERT_TRUE(role);
    const auto& given = std::get<RoleCommand>(role->command);
    EXPECT_EQ(given.conversation, "Team");
    EXPECT_EQ(given.person, "@bob");
    EXPECT_EQ(given.role, "admin");
    const auto transfer = parsed({"transfer", "Team", "@bob"});
    ASSERT_TRUE(transfer);
    EXPECT_EQ(std::get<TransferCommand>(transfer->command).person, "@bob");
    const auto set = parsed({"permissions", "Team", "post=moderator", "add=guest"});
    ASSERT_TRUE(set);
    EXPECT_EQ(std::get<PermissionsCommand>(set->command).settings,
              (std::vector<std::string>{"post=moderator", "add=guest"}));
    EXPECT_TRUE(parsed({"permissions", "Team"}));
}

TEST(CommandLine, AMuteHasOneEndOrNone) {
    const auto for_good = parsed({"mute", "Team"});
    ASSERT_TRUE(for_good);
    EXPECT_FALSE(std::get<MuteCommand>(for_good->command).length);
    const auto some_time = parsed({"mute", "Team", "--for", "8h"});
    ASSERT_TRUE(some_time);
    EXPECT_EQ(std::get<MuteCommand>(some_time->command).length, "8h");
    EXPECT_TRUE(parsed({"mute", "Team", "--until", "2030-12-24 18:00"}));
    EXPECT_TRUE(parsed({"mute", "Team", "--off"}));
    EXPECT_FALSE(parsed({"mute", "Team", "--for", "soon"}));
    EXPECT_FALSE(parsed({"mute", "Team", "--for", "8h", "--until", "18:00"}));
    EXPECT_FALSE(parsed({"mute", "Team", "--for", "8h", "--off"}));
}

TEST(CommandLine, ARuleIsOneOfFour) {
    const auto line = parsed({"notify", "Team", "mentions"});
    ASSERT_TRUE(line);
    EXPECT_EQ(std::get<NotifyCommand>(line->command).rule, protocol::Notify::mentions);
    EXPECT_FALSE(parsed({"notify", "Team", "loudly"}));
    EXPECT_FALSE(parsed({"notify", "Team"}));
}

TEST(CommandLine, ADraftIsShownKeptOrCleared) {
    const auto shown = parsed({"draft", "Team"});
    ASSERT_TRUE(shown);
    EXPECT_TRUE(std::get<DraftCommand>(shown->command).words.empty());
    EXPECT_FALSE(std::get<DraftCommand>(shown->command).clear);
    const auto kept = parsed({"draft", "Team", "half", "a", "sentence"});
    ASSERT_TRUE(kept);
    EXPECT_EQ(std::get<DraftCommand>(kept->command).words,
              (std::vector<std::string>{"half", "a", "sentence"}));
    EXPECT_TRUE(parsed({"draft", "Team", "--clear"}));
    EXPECT_FALSE(parsed({"draft", "Team", "half", "--clear"}));
}

TEST(CommandLine, JoinsTheWordsOfAMessage) {
    const auto line = parsed({"send", "@bob", "hello", "there"});
    ASSERT_TRUE(line);
    const auto& command = std::get<SendCommand>(line->command);
    EXPECT_EQ(command.conversation, "@bob");
    EXPECT_EQ(command.words, (std::vector<std::string>{"hello", "there"}));
}

TEST(CommandLine, TakesATextThatLooksLikeAnOptionAfterTwoDashes) {
    const auto line = parsed({"send", "@bob", "--", "--json"});
    ASSERT_TRUE(line);
    EXPECT_EQ(std::get<SendCommand>(line->command).words, (std::vector<std::string>{"--json"}));
    EXPECT_FALSE(line->common.json);
}

TEST(CommandLine, EndsWithTwoWhereItIsWrong) {
    EXPECT_EQ(parsed({"send"}).error(), 2);
    EXPECT_EQ(parsed({"dance"}).error(), 2);
    EXPECT_EQ(parsed({"history", "@bob", "-n", "0"}).error(), 2);
    EXPECT_EQ(parsed({}).error(), 2);
    // What one of the two would make the other ignore.
    for (const auto& words :
         std::vector<std::vector<const char*>>{{"profile", "@bob", "--name", "X"},
                                               {"profile", "@bob", "--handle", "x"},
                                               {"history", "@bob", "--all", "-n", "5"},
                                               {"history", "@bob", "--all", "--before", "9"},
                                               {"history", "@bob", "--all", "--around", "9"},
                                               {"history", "@bob", "--edits", "last", "--all"},
                                               {"history", "@bob", "--edits", "last", "-n", "5"},
                                               {"tail", "--all", "-n", "5"},
                                               {"report", "file", "--off"},
                                               {"report", "file", "--on"}}) {
        const auto line = parsed(words);
        EXPECT_EQ(line ? 0 : line.error(), 2) << words[0] << ' ' << words.back();
    }
}

TEST(CommandLine, EndsWithZeroAfterHelp) {
    EXPECT_EQ(parsed({"--help"}).error(), 0);
}

}  // namespace
}  // namespace parley::client::cli
