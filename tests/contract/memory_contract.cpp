// How long what was answered is remembered, so that a repeat gets the same answer and does nothing.

#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

namespace {

constexpr Duration day = seconds(24 * 3'600);

static_assert(limits::command_memory_ms == day.ms * 30);

protocol::ConversationRename title(ConversationKey of, const std::string& text) {
    return {.target = {.stream = to_id(of)}, .title = text};
}

}  // namespace

TEST_P(StoreContract, ACommandIsRememberedForThirtyDaysAndThenForgotten) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const auto rename = world.work(ada, title(group, "first"));
    const auto first = world.apply(rename);
    ASSERT_TRUE(first);
    const auto passes = [&](Duration time) {
        world.now = world.now + time;
        // With each command that is remembered, old ones are forgotten.
        ASSERT_TRUE(world.apply(world.work(ada, title(group, "second"))));
    };
    passes(day * 29);
    auto repeat = rename;
    repeat.at = world.now;
    const auto again = world.apply(repeat);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->timestamp, first->timestamp);
    EXPECT_THAT(effects_of(world.batch), testing::ElementsAre("replied")) << "nothing was done again";
    auto behind = world.work(ada, message_to(group, "text"));
    behind.origin.follows = rename.origin.command;
    EXPECT_TRUE(world.apply(behind));
    const auto other = world.work(ada, title(group, "third"), *rename.origin.command);
    EXPECT_EQ(world.apply(other).error().code, ErrorCode::id_reused);

    passes(day * 2);
    repeat.at = world.now;
    const auto anew = world.apply(repeat);
    ASSERT_TRUE(anew);
    EXPECT_EQ(anew->timestamp, world.now);
    EXPECT_THAT(effects_of(world.batch),
                testing::ElementsAre(testing::StartsWith("conversation.changed"), "replied"));
}

TEST_P(StoreContract, WhatMadeSomethingIsRememberedForEver) {
    const auto ada = world.person("ada");
    const auto create = world.work(ada, protocol::ConversationCreate{.title = "made once"});
    const auto made = world.apply(create);
    ASSERT_TRUE(made);
    const auto group = *conversation_key(made->stream.text());
    const auto message = world.work(ada, message_to(group, "said once"));
    const auto said = world.apply(message);
    ASSERT_TRUE(said);
    for (int year = 1; year <= 3; ++year) {
        world.now = world.now + day * 365;
        // More than enough to forget all that may be forgotten.
        for (int i = 0; i < 3; ++i)
            ASSERT_TRUE(world.apply(world.work(ada, title(group, "title"))));
        for (const auto& [work, first] : {std::pair(create, *made), std::pair(message, *said)}) {
            auto repeat = work;
            repeat.at = world.now;
            const auto again = world.apply(repeat);
            ASSERT_TRUE(again);
            EXPECT_EQ(again->stream, first.stream);
            EXPECT_EQ(again->seq, first.seq);
            EXPECT_THAT(effects_of(world.batch), testing::ElementsAre("replied"));
        }
    }
}

TEST_P(StoreContract, AReadThatMovesNothingTakesNoRoom) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(world.send(ada, group, "text"));
    ASSERT_TRUE(world.read(bob, group, world.head(group)));
    const auto before = data->dump();
    const auto again = world.work(bob, protocol::Read{.target = {.stream = to_id(group)}, .upto = 3});
    const auto first = world.apply(again);
    ASSERT_TRUE(first);
    const auto repeated = world.apply(again);
    ASSERT_TRUE(repeated);
    EXPECT_EQ(std::get<protocol::ReadOk>(repeated->payload), std::get<protocol::ReadOk>(first->payload));
    EXPECT_EQ(data->dump(), before);
    // It was accepted all the same: what follows it may be under way.
    auto behind = world.work(bob, message_to(group, "after it"));
    behind.origin.follows = again.origin.command;
    EXPECT_TRUE(world.apply(behind));
    // One that moves is remembered, since its answer says what was unread then.
    EXPECT_TRUE(world.read(bob, group, world.head(group)));
    EXPECT_NE(data->dump(), before);
}

}  // namespace parley::server::test
