#include "client/cli/directory.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/client/silent_owner.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace parley::client::cli {
namespace {

using test::SilentOwner;
using test::TwoInvocations;

/// What a command needs, through an owner that answers what the test says.
struct AsGuest {
    explicit AsGuest(int wait_seconds = 10) : common{.wait_seconds = wait_seconds} {}

    TwoInvocations two;
    SilentOwner owner{two, 1000};
    Common common;
    std::unique_ptr<Account> account = two.open();
    Terminal terminal{true};
    Interrupts interrupts{two.loop};
    Session session{*account, terminal, interrupts, common};
};

/// As the server answers: all of them, or that they are too many for one answer.
protocol::DoorNotice profiles_of_long_names(const protocol::Envelope& question) {
    protocol::DoorSettled settled{.command = question.id.value_or(Uuid{})};
    std::int64_t bytes = 0;
    for (const auto& account : std::get<protocol::ProfileFind>(question.payload).accounts) {
        std::string name = "now";
        for (int i = 0; i < 60; ++i)
            name += "\U0001F469";
        settled.profiles.push_back(
            {.account = account, .handle = "h", .name = name, .avatar = std::string(200, 'a')});
        bytes += std::ssize(protocol::encode(settled.profiles.back(), protocol::Encoding::json)) + 1;
    }
    if (bytes > limits::page_bytes_max) {
        settled.profiles.clear();
        settled.failure = protocol::DoorFailure{.code = ErrorCode::limit};
    }
    return {.settled = std::move(settled)};
}

TEST(Directory, AsksForFewerPeopleAtATimeWhereAllDoNotFitIntoOneAnswer) {
    AsGuest guest;
    int questions = 0;
    guest.owner.tells = [&](const protocol::Envelope& question) {
        ++questions;
        return profiles_of_long_names(question);
    };
    std::vector<protocol::ViewMember> members;
    members.reserve(301);
    for (int number = 0; number < 301; ++number) {
        members.push_back({.profile = {.account = AccountId("a" + std::to_string(number)), .name = "old"},
                           .role = protocol::Role::member,
                           .present = true});
    }
    ASSERT_TRUE(Directory(guest.session).renew(members));
    for (const auto& member : members)
        EXPECT_TRUE(member.profile.name.starts_with("now")) << member.profile.account.text();
    EXPECT_LE(questions, 12);
}

TEST(Directory, AQuestionThatIsNotAnsweredInTimeIsNotAskedAnyMore) {
    AsGuest guest(1);
    const auto found = guest.session.carry_out(protocol::ProfileFind{.handles = {"bob"}});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().exit_code, ExitCode::unreachable);
    EXPECT_EQ(guest.owner.discarded, guest.owner.given);
    EXPECT_EQ(guest.owner.discarded.size(), 1u);
}

TEST(Directory, WhatIsRefusedIsForgottenOrTheReasonWhyNotIsTold) {
    for (const auto& [failure, told] : {std::pair{std::optional<ErrorCode>(), ErrorCode::not_allowed},
                                        std::pair{std::optional(ErrorCode::invalid), ErrorCode::not_allowed},
                                        std::pair{std::optional(ErrorCode::internal), ErrorCode::internal}}) {
        AsGuest guest;
        guest.owner.discard_failure = failure;
        guest.owner.tells = [](const protocol::Envelope& command) {
            return protocol::DoorNotice{
                .settled =
                    protocol::DoorSettled{.command = command.id.value_or(Uuid{}),
                                          .failure = protocol::DoorFailure{.code = ErrorCode::not_allowed}}};
        };
        const auto done = guest.session.carry_out(
            protocol::ConversationRename{.target = {.stream = StreamId("c1")}, .title = "Crew"});
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, told);
        EXPECT_EQ(guest.owner.discarded, guest.owner.given);
    }
}

}  // namespace
}  // namespace parley::client::cli
