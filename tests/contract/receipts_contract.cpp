#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;

TEST_P(StoreContract, ReadingMovesTheCountAndTellsTheOthers) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(world.send(ada, group, "text"));
    ASSERT_TRUE(world.send(bob, group, "own"));
    EXPECT_EQ(world.state(bob, group).unread, 4);
    EXPECT_EQ(world.state(ada, group).unread, 1);
    const auto read = world.read(bob, group, 5);
    ASSERT_TRUE(read);
    const auto ok = std::get<protocol::ReadOk>(read->payload);
    EXPECT_EQ(ok.upto, 5);
    EXPECT_EQ(ok.unread, 2);
    EXPECT_EQ(ok.as_of.conversation, 8);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("read.changed", "receipt", "replied"));
    const auto& change = std::get<AccountChange>(world.batch.effects[0]).change;
    const auto& row = std::get<protocol::ReadChanged>(change.payload);
    EXPECT_EQ(row.unread, 2);
    EXPECT_EQ(row.as_of, ok.as_of);
    EXPECT_EQ(row.as_of.account, change.seq);
    EXPECT_EQ(std::get<ReceiptMoved>(world.batch.effects[1]).receipt.read, 5);
    EXPECT_EQ(world.state(ada, group).receipts[0].read, 5);
    EXPECT_EQ(world.state(bob, group).unread, 2);
}

TEST_P(StoreContract, AReadPositionOnlyGrows) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(world.send(ada, group, "text"));
    ASSERT_TRUE(world.read(bob, group, 6));
    const auto lower = world.read(bob, group, 4);
    ASSERT_TRUE(lower);
    EXPECT_EQ(std::get<protocol::ReadOk>(lower->payload).upto, 6);
    EXPECT_EQ(std::get<protocol::ReadOk>(lower->payload).unread, 1);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied"));
    expect_refused(world.work(bob, protocol::Read{.target = {.stream = to_id(group)}, .upto = 8}),
                   ErrorCode::invalid);
    // A repeat gets the same answer, though more was read since.
    const auto work = world.work(bob, protocol::Read{.target = {.stream = to_id(group)}, .upto = 7});
    const auto first = std::get<protocol::ReadOk>(world.apply(work)->payload);
    ASSERT_TRUE(world.send(ada, group, "more"));
    EXPECT_EQ(std::get<protocol::ReadOk>(world.apply(work)->payload), first);
}

TEST_P(StoreContract, MentionsCountWhereTheyAreForMembersAndUnread) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob});
    auto mentioning = message_to(group, "you");
    mentioning.mentions = {bob.id(), bob.id(), ada.id(), cyd.id(), AccountId{"nobody"}};
    ASSERT_TRUE(world.apply(world.work(ada, mentioning)));
    ASSERT_TRUE(world.apply(world.work(ada, mentioning)));
    EXPECT_EQ(world.state(bob, group).mentions, 2);
    EXPECT_EQ(world.state(ada, group).mentions, 0);
    EXPECT_EQ(std::get<protocol::ReadOk>(world.read(bob, group, 4)->payload).mentions, 1);
    ASSERT_TRUE(world.add(ada, group, {cyd}));
    EXPECT_EQ(world.state(cyd, group).mentions, 0);
    ASSERT_TRUE(world.read(bob, group, 5));
    EXPECT_EQ(world.state(bob, group).mentions, 0);
}

TEST_P(StoreContract, DeliveredIsTheMaximumOverDevicesAndGrows) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto tablet = world.device_of(bob);
    const auto group = world.group(ada, {bob});
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(world.send(ada, group, "text"));
    world.ack(bob, group, 5);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("receipt"));
    world.ack(tablet, group, 4);
    EXPECT_THAT(effects_of(world.batch), ElementsAre());
    EXPECT_EQ(world.state(ada, group).receipts[0].delivered, 5);
    world.ack(tablet, group, 6);
    EXPECT_EQ(std::get<ReceiptMoved>(world.batch.effects[0]).receipt.delivered, 6);
    // Neither above the head nor by strangers.
    const auto before = data->dump();
    world.ack(bob, group, 7);
    world.ack(world.device_of(ada), ConversationKey{4711}, 1);
    world.ack({.account = bob.account, .device = ada.device}, group, 6);
    EXPECT_THAT(effects_of(world.batch), ElementsAre());
    EXPECT_EQ(before.size() > 0, true);
    EXPECT_EQ(world.state(ada, group).receipts[0].delivered, 6);
}

TEST_P(StoreContract, LargeGroupsHaveNoReceiptsByPerson) {
    const auto ada = world.person("ada");
    std::vector<Person> others;
    others.reserve(limits::receipts_members_max);
    for (int i = 0; i < limits::receipts_members_max; ++i)
        others.push_back(world.person("p" + std::to_string(i)));
    const auto group = world.group(ada, others);
    ASSERT_TRUE(world.send(ada, group, "text"));
    const auto head = world.head(group);
    world.ack(others[0], group, head);
    EXPECT_THAT(effects_of(world.batch), ElementsAre());
    ASSERT_TRUE(world.read(others[0], group, head));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("read.changed", "replied"));
    EXPECT_TRUE(world.state(ada, group).receipts.empty());
    EXPECT_EQ(world.state(others[0], group).unread, 0);
    EXPECT_EQ(world.state(others[1], group).unread, 1);
    // One fewer, and they are told.
    ASSERT_TRUE(world.leave(others[1], group));
    world.ack(others[0], group, head + 1);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("receipt"));
    EXPECT_EQ(world.state(ada, group).receipts.size(), 19u);
}

TEST_P(StoreContract, SendingIsNotReading) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.send(ada, group, "one"));
    ASSERT_TRUE(world.send(bob, group, "two"));
    ASSERT_TRUE(world.send(ada, group, "three"));
    const auto state = world.state(bob, group);
    EXPECT_EQ(state.unread, 2);
    EXPECT_EQ(state.read, 1);
}

}  // namespace parley::server::test
