#include "core/rules/counts.hpp"

#include "tests/unit/core/script.hpp"

#include <gtest/gtest.h>

namespace parley::test {
namespace {

using core::rules::Counts;
using core::rules::counts_for;
using core::rules::newer;

TEST(Counts, OwnMessagesNeverCount) {
    const AccountId me("me");
    EXPECT_EQ(counts_for(me, Script::said("a", "me")), Counts::not_at_all);
    EXPECT_EQ(counts_for(me, Script::said("a", "you")), Counts::as_unread);
    protocol::MessageNew named = Script::said("a", "you");
    named.mentions = {AccountId("they"), me};
    EXPECT_EQ(counts_for(me, named), Counts::as_mention);
    named.sender = me;
    EXPECT_EQ(counts_for(me, named), Counts::not_at_all);
    EXPECT_EQ(counts_for(me, protocol::ChangePayload(Script::member("you"))), Counts::not_at_all);
}

TEST(Counts, WhatNamedEverybodyIsAMentionUntilItIsDeleted) {
    const AccountId me("me");
    protocol::MessageNew all = Script::said("a", "you");
    all.names_all = true;
    EXPECT_EQ(counts_for(me, all), Counts::as_mention);
    EXPECT_EQ(counts_for(AccountId("you"), all), Counts::not_at_all);
    all.deleted_by = AccountId("you");
    EXPECT_EQ(counts_for(me, all), Counts::as_mention_until_deleted);
    core::rules::Tally tally;
    tally.add(Counts::as_mention_until_deleted, 6, 5);
    EXPECT_EQ(tally, core::rules::Tally{});
}

TEST(Counts, OnlyWhatStandsAboveTheReadPositionCounts) {
    core::rules::Tally tally;
    tally.add(Counts::as_unread, 5, 5);
    tally.add(Counts::as_unread, 6, 5);
    tally.add(Counts::as_mention, 7, 5);
    tally.add(Counts::not_at_all, 8, 5);
    EXPECT_EQ(tally, (core::rules::Tally{2, 1}));
}

TEST(Counts, TheLaterSnapshotIsTheNewerOne) {
    EXPECT_TRUE(newer({5, 5}, {5, 4}));
    EXPECT_TRUE(newer({6, 5}, {5, 5}));
    EXPECT_FALSE(newer({5, 5}, {5, 5}));
    EXPECT_FALSE(newer({9, 4}, {5, 5}));
}

class Unread : public testing::Test {
  protected:
    Unread() {
        script.go_live();
        script.join("c1");
    }
    void push(std::int64_t seq, const std::string& by = "you") {
        script.give({Script::pushed("c1", seq, Script::said("text", by))});
    }
    void read_changed(std::int64_t account_seq, std::int64_t upto, std::int64_t unread, std::int64_t as_of) {
        script.give(
            {Script::pushed("me", account_seq,
                            protocol::ReadChanged{StreamId("c1"), upto, unread, 0, {as_of, account_seq}})});
    }
    std::int64_t unread() { return script.view("c1").unread; }

    Script script;
};

TEST_F(Unread, CountsWhatCameSinceTheServersCount) {
    push(1);
    push(2);
    EXPECT_EQ(unread(), 2);
    read_changed(2, 1, 1, 2);
    EXPECT_EQ(unread(), 1);
    push(3);
    push(4, "me");
    EXPECT_EQ(unread(), 2);
}

TEST_F(Unread, TakesAReadPositionIntoAccountThatTheServerHasNotAnswered) {
    for (std::int64_t seq = 1; seq <= 5; ++seq)
        push(seq);
    read_changed(2, 1, 4, 5);
    EXPECT_EQ(unread(), 4);
    script.submit(protocol::Read{to_stream(StreamId("c1")), 3});
    EXPECT_EQ(unread(), 2);
    push(6);
    EXPECT_EQ(unread(), 3);
    script.submit(protocol::Read{to_stream(StreamId("c1")), 6});
    EXPECT_EQ(unread(), 0);
}

TEST_F(Unread, AnOlderCountNeverReplacesANewerOne) {
    push(1);
    push(2);
    read_changed(3, 2, 0, 2);
    EXPECT_EQ(unread(), 0);
    auto state = script.state("c1", 2);
    auto& payload = std::get<protocol::ConversationState>(state.payload);
    payload.unread = 2;
    payload.as_of = {2, 2};
    script.give({state});
    EXPECT_EQ(unread(), 0);
    EXPECT_EQ(script.view("c1").read, 2);
}

TEST_F(Unread, IsTheSameAfterARestart) {
    for (std::int64_t seq = 1; seq <= 5; ++seq)
        push(seq);
    read_changed(2, 1, 4, 5);
    push(6);
    script.submit(protocol::Read{to_stream(StreamId("c1")), 3});
    const std::int64_t before = unread();
    script.open();
    EXPECT_EQ(unread(), before);
}

}  // namespace
}  // namespace parley::test
