#include "sim/report.hpp"

#include "sim/verdict.hpp"
#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace parley::sim {
namespace {

bool any_has(const std::vector<std::string>& lines, const std::string& words) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.contains(words); });
}

TEST_F(Living, AReportShowsWhatADeviceHoldsOfAStreamAndWhatWaitsInIt) {
    Device& device = of(ben);
    device.node->link().up = false;
    device.node->cut(false);
    pass(seconds(1));
    protocol::MessageSend message{.text = "unsent"};
    message.target.stream = group_;
    ASSERT_TRUE(scene_.give(device, std::move(message)));
    const Violation violation{
        .promise = 6, .what = "anything", .streams = {group_}, .devices = {device.node->name()}};
    const auto lines = last_changes(scene_, violation);
    EXPECT_TRUE(any_has(lines, "message by "));
    EXPECT_TRUE(any_has(lines, device.node->name() + ": number="));
    EXPECT_TRUE(any_has(lines, device.node->name() + ": waits: "));
    EXPECT_TRUE(any_has(lines, "type=message.send"));
    EXPECT_TRUE(any_has(lines, "ben = " + account(ben).text() + ": ben/1 = "));
    EXPECT_TRUE(any_has(lines, "lane=c:" + group_.text()));
}

TEST_F(Living, AReportSaysWhatChangesChanged) {
    const auto role = protocol::MemberChanged{.profile = {.account = account(ben), .handle = "ben"},
                                              .role = protocol::Role::moderator,
                                              .present = true,
                                              .by = account(ada)};
    commit_untold(role);
    commit_untold(
        protocol::ConversationChanged{.title = "t",
                                      .by = account(ada),
                                      .permissions = protocol::Permissions{.post = protocol::Role::admin}});
    commit_untold(
        protocol::MessageNew{.sender = account(ben), .text = "corrected", .edited_at = WallTime{7}});
    commit_untold(protocol::MessageNew{.sender = account(ben), .deleted_by = account(ada)});
    const auto lines = last_changes(scene_, {.promise = 6, .what = "", .streams = {group_}, .devices = {}});
    EXPECT_TRUE(any_has(lines, "member ben in as moderator by " + account(ada).text()));
    EXPECT_TRUE(any_has(lines, "permissions post=admin"));
    EXPECT_TRUE(any_has(lines, "edit of a message by " + account(ben).text() + ": corrected"));
    EXPECT_TRUE(any_has(lines, "message by " + account(ben).text() + " deleted by " + account(ada).text()));
}

TEST(Report, TheCommandThatRepeatsAMutantNamesIt) {
    EXPECT_NE(command_of({.seed = 7, .mutant = "everybody_owns"}).find(" --mutant everybody_owns"),
              std::string::npos);
}

TEST(Report, ASeedWhoseProcessEndsHasAHashOfSixteenDigits) {
    const Verdict verdict = crashed({.seed = 7}, "ended by signal 6 (Aborted)");
    EXPECT_EQ(verdict.trace_hash, "0000000000000000");
    EXPECT_EQ(verdict.broken, Verdict::crash_code);
}

}  // namespace
}  // namespace parley::sim
