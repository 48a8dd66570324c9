#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;

namespace {

constexpr std::int64_t slow_ms = 10'000;

/// A group in slow mode: "ada" owns it, "bob" is a member, "mo" a moderator.
struct SlowGroup {
    explicit SlowGroup(StoreWorld& world)
        : ada(world.person("ada")),
          bob(world.person("bob")),
          mo(world.person("mo")),
          key(world.group(ada, {bob, mo})) {
        const protocol::MemberRole given{
            .target = target(), .account = mo.id(), .role = protocol::Role::moderator};
        EXPECT_TRUE(world.apply(world.work(ada, given)));
        EXPECT_TRUE(world.apply(set(world, slow_ms)));
    }

    protocol::Target target() const { return {.stream = to_id(key)}; }
    Work set(StoreWorld& world, std::optional<std::int64_t> interval_ms) const {
        return world.work(ada, protocol::SlowModeSet{.target = target(), .interval_ms = interval_ms});
    }

    Person ada;
    Person bob;
    Person mo;
    ConversationKey key;
};

/// How long somebody is told to wait; 0: what he said was taken.
std::int64_t wait_of(const Result<Answer>& answer) {
    if (answer) return 0;
    EXPECT_EQ(answer.error().code, ErrorCode::slow_mode) << answer.error().context;
    EXPECT_GT(answer.error().retry_after_ms, 0);
    return answer.error().retry_after_ms;
}

}  // namespace

TEST_P(StoreContract, InSlowModeMembersWaitBetweenTwoMessages) {
    const SlowGroup group(world);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("conversation.changed 6", "replied"));
    EXPECT_EQ(world.state(group.bob, group.key).summary.slow_ms, slow_ms);
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "one")), 0);
    const WallTime said = world.now;
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        const auto before = world.head(group.key);
        const auto wait = wait_of(world.send(group.bob, group.key, "two"));
        EXPECT_EQ(wait, slow_ms - (world.now - said).ms);
        EXPECT_EQ(world.head(group.key), before);
    }
    world.now = said + milliseconds(slow_ms - 2);
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "two")), 1);
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "two")), 0);
    EXPECT_NE(wait_of(world.send(group.bob, group.key, "three")), 0);
    EXPECT_THAT(texts_of(world.all_changes(group.ada, group.key)), ElementsAre("one", "two"));
}

TEST_P(StoreContract, SlowModeHoldsBackNobodyFromTheModeratorsUp) {
    const SlowGroup group(world);
    for (const auto& who : {group.mo, group.ada})
        for (const auto* text : {"one", "two", "three"})
            EXPECT_EQ(wait_of(world.send(who, group.key, text)), 0);
    // Nor in another conversation.
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "one")), 0);
    EXPECT_TRUE(world.send_direct(group.bob, group.ada, "one"));
    EXPECT_TRUE(world.send_direct(group.bob, group.ada, "two"));
    // With the role goes what it was good for: his last message counts.
    EXPECT_TRUE(world.apply(world.work(
        group.ada, protocol::MemberRole{
                       .target = group.target(), .account = group.mo.id(), .role = protocol::Role::guest})));
    EXPECT_NE(wait_of(world.send(group.mo, group.key, "four")), 0);
}

TEST_P(StoreContract, SlowModeIsAboutNewMessagesAlone) {
    const SlowGroup group(world);
    const auto one = world.work(group.bob, message_to(group.key, "one"));
    ASSERT_TRUE(world.apply(one));
    const Uuid id = *one.origin.command;
    EXPECT_TRUE(world.apply(world.work(
        group.bob, protocol::MessageEdit{.target = group.target(), .message = id, .text = "changed"})));
    EXPECT_TRUE(world.apply(world.work(
        group.bob, protocol::MessageReact{.target = group.target(), .message = id, .emoji = "\U0001F44D"})));
    // What was taken is taken, however often it comes.
    const auto again = world.apply(world.work(group.bob, message_to(group.key, "one"), id));
    ASSERT_TRUE(again);
    EXPECT_TRUE(
        world.apply(world.work(group.bob, protocol::MessageDelete{.target = group.target(), .message = id})));
    // But to delete what one said gives no turn back.
    EXPECT_NE(wait_of(world.send(group.bob, group.key, "two")), 0);
    // Nor does going and coming back.
    ASSERT_TRUE(world.leave(group.bob, group.key));
    ASSERT_TRUE(world.add(group.ada, group.key, {group.bob}));
    EXPECT_NE(wait_of(world.send(group.bob, group.key, "two")), 0);
}

TEST_P(StoreContract, WhatCanNeverBeTakenIsNotToldToWait) {
    const SlowGroup group(world);
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "one")), 0);
    auto answering = message_to(group.key, "two");
    answering.reply_to = world.next_id();
    expect_refused(world.work(group.bob, answering), ErrorCode::message_not_found);
    ASSERT_TRUE(world.leave(group.bob, group.key));
    expect_refused(world.work(group.bob, message_to(group.key, "two")), ErrorCode::conversation_not_member);
}

TEST_P(StoreContract, SlowModeEndsAtOnceAndCountsFromTheLastMessageWhenItBegins) {
    const SlowGroup group(world);
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "one")), 0);
    EXPECT_NE(wait_of(world.send(group.bob, group.key, "two")), 0);
    ASSERT_TRUE(world.apply(group.set(world, std::nullopt)));
    EXPECT_EQ(world.state(group.bob, group.key).summary.slow_ms, std::nullopt);
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "two")), 0);
    ASSERT_TRUE(world.apply(group.set(world, slow_ms)));
    EXPECT_NE(wait_of(world.send(group.bob, group.key, "three")), 0);
    // Set as it is, nothing happens.
    const auto before = world.head(group.key);
    const auto same = world.apply(group.set(world, slow_ms));
    ASSERT_TRUE(same);
    EXPECT_EQ(same->seq, std::nullopt);
    EXPECT_EQ(world.head(group.key), before);
}

TEST_P(StoreContract, AClockThatWasSetBackHoldsNobodyBackForLong) {
    const SlowGroup group(world);
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "one")), 0);
    const WallTime said = world.now;
    world.now = said - milliseconds(5'000);
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "two")), slow_ms + 4'999);
    world.now = said - seconds(3'600);
    EXPECT_EQ(wait_of(world.send(group.bob, group.key, "two")), 0);
    EXPECT_NE(wait_of(world.send(group.bob, group.key, "three")), 0);
}

}  // namespace parley::server::test
