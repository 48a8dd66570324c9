#include "client/account.hpp"

#include "tests/unit/client/silent_owner.hpp"
#include "tests/unit/client/soon.hpp"
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
using test::long_messages;
using test::SilentOwner;
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
    EXPECT_EQ(second->submit(commands).accepted.size(), 2u);
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
        ASSERT_EQ(second->submit(before).accepted.size(), 1u);
        break_log();
        const std::array command{group_named("two", 2)};
        for (int tries = 0; tries < 2; ++tries) {
            const auto done = (through_the_owner ? second : first)->submit(command);
            EXPECT_TRUE(done.accepted.empty());
            EXPECT_FALSE(done.unanswered);
            ASSERT_TRUE(done.failure);
            EXPECT_EQ(done.failure->code, ErrorCode::unavailable);
            // The first try may be on the disk all the same.
            if (tries == 0) {
                EXPECT_EQ(done.unsure, (std::vector<Uuid>{*command[0].id}));
            }
        }
    }
}

TEST(Account, TheSameCommandTwiceIsQueuedOnce) {
    TwoInvocations two;
    const auto first = two.open();
    const auto second = two.open();
    const std::array command{group_named("one", 1)};
    EXPECT_EQ(first->submit(command).accepted.size(), 1u);
    EXPECT_EQ(second->submit(command).accepted.size(), 1u);
    EXPECT_EQ(waiting(*first), (Texts{"one"}));
}

TEST(Account, RefusesByNameWhatCanNeverBeAccepted) {
    TwoInvocations two;
    const auto first = two.open();
    const auto second = two.open();
    const std::array commands{group_named("", 1), group_named("good", 2)};
    for (Account* account : {first.get(), second.get()}) {
        const auto done = account->submit(commands);
        ASSERT_EQ(done.refused.size(), 1u);
        EXPECT_EQ(done.refused.front().command, *commands[0].id);
        EXPECT_EQ(done.accepted, (std::vector<Uuid>{*commands[1].id}));
        EXPECT_FALSE(done.failure);
    }
}

TEST(Account, TheSecondTakesOverWhenTheFirstEnds) {
    TwoInvocations two;
    auto first = two.open();
    const auto second = two.open();
    const std::array command{group_named("one", 1)};
    ASSERT_EQ(first->submit(command).accepted.size(), 1u);
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

TEST(Account, SaysThatNothingWasDoneWhereTheOwnerDoesNotAnswer) {
    TwoInvocations two;
    const auto lock = OwnerLock::try_take(two.settings.place);
    ASSERT_TRUE(lock);
    // Listens, and never answers.
    const auto listener = LocalListener::create(two.loop, two.settings.place.folder, [](auto) {});
    ASSERT_TRUE(listener);
    const auto account = Account::open(two.loop, two.settings);
    ASSERT_FALSE(account);
    EXPECT_NE(account.error().context.find("Nothing was done"), std::string::npos);
}

TEST(Account, ABatchOfSeveralFramesIsQueuedOnceAndInItsOrder) {
    TwoInvocations two;
    const auto first = two.open();
    const auto second = two.open();
    const auto commands = long_messages(30);
    const auto done = second->submit(commands);
    EXPECT_EQ(done.accepted, test::ids_of(commands));
    EXPECT_FALSE(done.failure);
    Texts texts;
    for (const auto& command : commands)
        texts.push_back(std::get<protocol::MessageSend>(command.payload).text);
    EXPECT_EQ(waiting(*first), texts);
}

TEST(Account, SaysWhatIsQueuedWhereTheOwnerFallsSilentBetweenTwoFrames) {
    TwoInvocations two;
    SilentOwner owner(two, 2);
    const auto account = two.open();
    const auto commands = long_messages(30);
    const auto done = account->submit(commands);
    const auto ids = test::ids_of(commands);
    const std::vector<Uuid> given(ids.begin(), ids.begin() + std::ssize(owner.given));
    ASSERT_GT(done.accepted.size(), 8u);
    ASSERT_GT(done.unsure.size(), 4u);
    ASSERT_LT(given.size(), ids.size());
    EXPECT_EQ(owner.given, given);
    std::vector<Uuid> said = done.accepted;
    said.insert(said.end(), done.unsure.begin(), done.unsure.end());
    EXPECT_EQ(said, given);
    EXPECT_EQ(done.accepted, owner.answered);
    EXPECT_TRUE(done.unanswered);
    ASSERT_TRUE(done.failure);
    EXPECT_NE(done.failure->context.find(std::to_string(::getpid())), std::string::npos);
}

TEST(Account, TheRestGoesOnWhereTheOwnerEndsBetweenTwoFrames) {
    TwoInvocations two;
    SilentOwner owner(two, 2);
    const auto account = two.open();
    owner.ends_instead = true;
    const auto commands = long_messages(30);
    const auto done = account->submit(commands);
    EXPECT_TRUE(account->owner());
    EXPECT_EQ(done.accepted, test::ids_of(commands));
    EXPECT_TRUE(done.unsure.empty());
    EXPECT_FALSE(done.failure);
    // Those that the other one answered for are where it put them.
    EXPECT_EQ(waiting(*account).size(), commands.size() - owner.answered.size());
}

TEST(Account, AnOwnerThatWakesUpLateLeavesUndoneWhatItFinds) {
    TwoInvocations two;
    const auto owner = two.open();
    const auto connection = LocalConnection::connect(two.loop, two.settings.place.folder);
    ASSERT_TRUE(connection);
    int replies = 0;
    (*connection)->start([&](const LocalMessage&) { ++replies; }, [] {});
    std::uint16_t number = 0;
    for (const Duration left : {milliseconds(-1), seconds(60)}) {
        std::string body;
        protocol::append_envelope(body, group_named(left.ms < 0 ? "late" : "in time", ++number),
                                  local_encoding);
        (*connection)
            ->send({.kind = LocalMessage::Kind::commands,
                    .until = read_clocks().instant + left,
                    .body = std::move(body)});
    }
    ASSERT_TRUE(two.loop.run_until([&] { return replies > 0; }, soon()));
    EXPECT_EQ(waiting(*owner), (Texts{"in time"}));
    EXPECT_EQ(replies, 1);
}

TEST(Account, AnOwnerMayBeginNothingInTheLastHalfSecondBeforeItsGuestGivesUp) {
    TwoInvocations two;
    SilentOwner owner(two, 0);
    const auto account = two.open();
    const auto done = account->submit(std::array{group_named("one", 1)});
    const Instant gave_up = read_clocks().instant;
    EXPECT_TRUE(done.unanswered);
    EXPECT_EQ(done.unsure.size(), 1u);
    ASSERT_TRUE(owner.last_until);
    EXPECT_GE(gave_up - *owner.last_until, milliseconds(500));
    EXPECT_LT(gave_up - *owner.last_until, milliseconds(1500));
}

}  // namespace
}  // namespace parley::client
