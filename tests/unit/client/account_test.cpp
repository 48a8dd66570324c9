#include "client/account.hpp"

#include "tests/unit/client/two_invocations.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

namespace parley::client {
namespace {

using protocol::DoorAct;
using test::group_named;
using test::TwoInvocations;

std::vector<std::string> waiting(Account& account) {
    const auto reply = account.ask({.act = DoorAct::outbox});
    EXPECT_TRUE(reply);
    std::vector<std::string> texts;
    for (const auto& command : reply->outbox)
        texts.push_back(command.text.value_or("?"));
    return texts;
}

using Texts = std::vector<std::string>;

TEST(Account, TheFirstOwnsTheDatabaseAndTheSecondGoesThroughIt) {
    TwoInvocations two;
    const auto first = two.open();
    const auto second = two.open();
    EXPECT_TRUE(first->owner());
    EXPECT_FALSE(second->owner());
    const auto status = second->ask({.act = DoorAct::status});
    ASSERT_TRUE(status);
    EXPECT_EQ(status->status->account, AccountId{"a1"});
}

TEST(Account, WhatTheSecondQueuesStandsInTheOneOutbox) {
    TwoInvocations two;
    const auto first = two.open();
    const auto second = two.open();
    const std::array commands{group_named("one", 1), group_named("two", 2)};
    const auto reply = second->submit(commands);
    ASSERT_TRUE(reply) << reply.error().context;
    EXPECT_EQ(reply->accepted.size(), 2u);
    EXPECT_EQ(waiting(*first), (Texts{"one", "two"}));
    EXPECT_EQ(waiting(*second), (Texts{"one", "two"}));
}

/// From now on the disk takes nothing of the log: writing does nothing, and syncing fails.
void break_log() {
    int broken = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
        if (!target.ends_with("-wal")) continue;
        const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        ASSERT_GE(nowhere, 0);
        ::dup2(nowhere, std::stoi(entry.path().filename().string()));
        ::close(nowhere);
        ++broken;
    }
    ASSERT_EQ(broken, 1);
}

TEST(Account, NothingIsCalledAcceptedThatTheDiskDidNotTake) {
    for (const bool through_the_owner : {false, true}) {
        TwoInvocations two;
        two.settings.durability = Durability::on_sync;
        const auto first = two.open();
        const auto second = two.open();
        const std::array before{group_named("one", 1)};
        ASSERT_EQ(second->submit(before)->accepted.size(), 1u);
        break_log();
        const std::array command{group_named("two", 2)};
        for (int tries = 0; tries < 2; ++tries) {
            const auto reply = (through_the_owner ? second : first)->submit(command);
            ASSERT_TRUE(reply) << reply.error().context;
            EXPECT_TRUE(reply->accepted.empty());
            ASSERT_TRUE(reply->failure);
            EXPECT_EQ(reply->failure->code, ErrorCode::unavailable);
        }
    }
}

TEST(Account, TheSameCommandTwiceIsQueuedOnce) {
    TwoInvocations two;
    const auto first = two.open();
    const auto second = two.open();
    const std::array command{group_named("one", 1)};
    ASSERT_TRUE(first->submit(command));
    ASSERT_TRUE(second->submit(command));
    EXPECT_EQ(waiting(*first), (Texts{"one"}));
}

TEST(Account, RefusesByNameWhatCanNeverBeAccepted) {
    TwoInvocations two;
    const auto first = two.open();
    const auto second = two.open();
    const std::array commands{group_named("", 1), group_named("good", 2)};
    for (Account* account : {first.get(), second.get()}) {
        const auto reply = account->submit(commands);
        ASSERT_TRUE(reply);
        ASSERT_EQ(reply->refused.size(), 1u);
        EXPECT_EQ(reply->refused.front().command, *commands[0].id);
        EXPECT_EQ(reply->accepted, (std::vector<Uuid>{*commands[1].id}));
    }
}

TEST(Account, TheSecondTakesOverWhenTheFirstEnds) {
    TwoInvocations two;
    auto first = two.open();
    const auto second = two.open();
    const std::array command{group_named("one", 1)};
    ASSERT_TRUE(first->submit(command));
    first.reset();
    EXPECT_EQ(waiting(*second), (Texts{"one"}));
    EXPECT_TRUE(second->owner());
    EXPECT_TRUE(second->take_changed_owner());
    EXPECT_FALSE(second->take_changed_owner());
}

TEST(Account, AThirdFollowsTheSecond) {
    TwoInvocations two;
    auto first = two.open();
    const auto second = two.open();
    const auto third = two.open();
    first.reset();
    EXPECT_EQ(waiting(*second), Texts{});
    EXPECT_EQ(waiting(*third), Texts{});
    EXPECT_TRUE(second->owner());
    EXPECT_FALSE(third->owner());
}

TEST(Account, SaysThatNothingWasQueuedWhereTheOwnerDoesNotAnswer) {
    TwoInvocations two;
    const auto lock = OwnerLock::try_take(two.settings.place);
    ASSERT_TRUE(lock);
    // Listens, and never answers.
    const auto listener = LocalListener::create(two.loop, two.settings.place.folder, [](auto) {});
    ASSERT_TRUE(listener);
    const auto account = Account::open(two.loop, two.settings);
    ASSERT_FALSE(account);
    EXPECT_NE(account.error().context.find("Nothing was queued"), std::string::npos);
}

}  // namespace
}  // namespace parley::client
