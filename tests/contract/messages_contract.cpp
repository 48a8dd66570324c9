#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;

TEST_P(StoreContract, AMessageHasItsPlaceAndIsThereAfterARestart) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto first = world.send(ada, group, "one");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->seq, 4);
    restart();
    EXPECT_THAT(texts_of(world.all_changes(bob, group)), ElementsAre("one"));
    EXPECT_EQ(world.send(ada, group, "two")->seq, 5);
}

TEST_P(StoreContract, ARepeatGetsTheFirstAnswerAndMakesNothing) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto work = world.work(ada, message_to(group, "once"));
    const auto first = world.apply(work);
    ASSERT_TRUE(first);
    auto again = work;
    again.at = work.at + seconds(1000);
    const auto before = data->dump();
    // Twice in one batch, in another batch, and in another life.
    (void)world.apply({again, again});
    for (const auto& answer : world.answers()) {
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->seq, first->seq);
        EXPECT_EQ(answer->timestamp, first->timestamp);
    }
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied", "replied"));
    EXPECT_EQ(data->dump(), before);
    restart();
    EXPECT_EQ(world.apply(again)->seq, first->seq);
    EXPECT_THAT(texts_of(world.all_changes(bob, group)), ElementsAre("once"));
}

TEST_P(StoreContract, ARepeatIsAnsweredWhateverBecameOfTheSender) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto work = world.work(bob, message_to(group, "before I go"));
    const auto first = world.apply(work);
    ASSERT_TRUE(world.remove(ada, group, bob));
    const auto again = world.apply(work);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->seq, first->seq);
    expect_refused(world.work(bob, message_to(group, "after")), ErrorCode::conversation_not_member);
}

TEST_P(StoreContract, AnIdWithOtherContentIsRefused) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob, cyd});
    const auto other = world.group(ada, {bob});
    const auto id = world.next_id();
    ASSERT_TRUE(world.apply(world.work(ada, message_to(group, "text"), id)));
    expect_refused(world.work(ada, message_to(group, "texts"), id), ErrorCode::id_reused);
    expect_refused(world.work(ada, message_to(other, "text"), id), ErrorCode::id_reused);
    expect_refused(world.work(ada, message_to(bob, "text"), id), ErrorCode::id_reused);
    auto mentioning = message_to(group, "text");
    mentioning.mentions = {bob.id()};
    expect_refused(world.work(ada, mentioning, id), ErrorCode::id_reused);
    expect_refused(world.work(ada, protocol::ConversationCreate{.title = "text"}, id), ErrorCode::id_reused);
    // Another person's messages are apart.
    EXPECT_TRUE(world.apply(world.work(bob, message_to(group, "text"), id)));
    // And the id of a command is no message's.
    const auto create = world.work(ada, protocol::ConversationCreate{.title = "made"});
    ASSERT_TRUE(world.apply(create));
    expect_refused(world.work(ada, message_to(group, "text"), *create.origin.command), ErrorCode::id_reused);
}

TEST_P(StoreContract, ARepeatMayNameTheConversationInAnotherWay) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto id = world.next_id();
    const auto first = world.apply(world.work(ada, message_to(bob, "hello"), id));
    ASSERT_TRUE(first);
    const auto known = *conversation_key(first->stream.text());
    EXPECT_EQ(world.apply(world.work(ada, message_to(known, "hello"), id))->seq, first->seq);

    const auto create = world.work(ada, protocol::ConversationCreate{.title = "made", .members = {bob.id()}});
    const auto made = world.apply(create);
    const auto second = world.next_id();
    const protocol::MessageSend by_command{.target = {.made_by = create.origin.command}, .text = "in it"};
    const auto sent = world.apply(world.work(ada, by_command, second));
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->stream, made->stream);
    const auto group = *conversation_key(made->stream.text());
    EXPECT_EQ(world.apply(world.work(ada, message_to(group, "in it"), second))->seq, sent->seq);
}

TEST_P(StoreContract, TwoAtOnceMakeOneDirectConversation) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    (void)world.apply({world.work(ada, message_to(bob, "hello")), world.work(bob, message_to(ada, "hi"))});
    const auto answers = world.answers();
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers[0]->stream, answers[1]->stream);
    EXPECT_EQ(answers[0]->seq, 4);
    EXPECT_EQ(answers[1]->seq, 5);
    EXPECT_THAT(
        effects_of(world.batch),
        ElementsAre("joined", "opened", "joined", "opened", "conversation.changed 1", "member.changed 2",
                    "member.changed 3", "message.new 4", "replied", "message.new 5", "replied"));
    const auto direct = *conversation_key(answers[0]->stream.text());
    EXPECT_THAT(texts_of(world.all_changes(bob, direct)), ElementsAre("hello", "hi"));
    EXPECT_EQ(world.state(ada, direct).summary.peer->handle, "bob");
}

TEST_P(StoreContract, WhatFollowsARefusedCommandIsRefused) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto refused =
        world.work(bob, protocol::ConversationRename{.target = {.stream = to_id(group)}, .title = "x"});
    expect_refused(refused, ErrorCode::not_allowed);
    auto next = world.work(bob, message_to(group, "next"));
    next.origin.follows = refused.origin.command;
    expect_refused(next, ErrorCode::follows_refused);
    // A message, a command, and one that stands in the same batch may be followed.
    auto first = world.work(bob, message_to(group, "first"));
    auto second = world.work(bob, message_to(group, "second"));
    second.origin.follows = first.origin.command;
    auto third = world.work(bob, protocol::Read{.target = {.stream = to_id(group)}, .upto = 4});
    third.origin.follows = second.origin.command;
    auto fourth = world.work(bob, message_to(group, "fourth"));
    fourth.origin.follows = third.origin.command;
    (void)world.apply({first, second, third, fourth});
    for (const auto& answer : world.answers())
        EXPECT_TRUE(answer);
    // Somebody else's command is not one's own.
    auto foreign = world.work(ada, message_to(group, "foreign"));
    foreign.origin.follows = first.origin.command;
    expect_refused(foreign, ErrorCode::follows_refused);
}

TEST_P(StoreContract, ARefusedMessageBetweenAcceptedOnesFailsAlone) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto elsewhere = world.group(ada, {});
    (void)world.apply({world.work(bob, message_to(group, "a")), world.work(bob, message_to(elsewhere, "b")),
                       world.work(bob, message_to(group, "c"))});
    const auto answers = world.answers();
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(answers[0]->seq, 4);
    EXPECT_FALSE(answers[1]);
    EXPECT_EQ(answers[2]->seq, 5);
}

TEST_P(StoreContract, TargetsThatAreNotThereAreRefused) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob});
    expect_refused(world.work(cyd, message_to(group, "x")), ErrorCode::conversation_not_member);
    expect_refused(world.work(cyd, message_to(ConversationKey{12345}, "x")),
                   ErrorCode::conversation_not_member);
    expect_refused(
        world.work(ada, protocol::MessageSend{.target = {.stream = StreamId{"nonsense"}}, .text = "x"}),
        ErrorCode::conversation_not_member);
    expect_refused(
        world.work(ada, protocol::MessageSend{.target = {.direct = AccountId{"a0000000009"}}, .text = "x"}),
        ErrorCode::account_not_found);
    expect_refused(
        world.work(ada, protocol::MessageSend{.target = {.made_by = world.next_id()}, .text = "x"}),
        ErrorCode::made_by_refused);
    // What somebody else's command made is not mine to name.
    const auto create = world.work(ada, protocol::ConversationCreate{.title = "hers", .members = {bob.id()}});
    ASSERT_TRUE(world.apply(create));
    expect_refused(
        world.work(bob, protocol::MessageSend{.target = {.made_by = create.origin.command}, .text = "x"}),
        ErrorCode::made_by_refused);
}

TEST_P(StoreContract, AReplyNamesAMessageThatTheSenderCanSee) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob});
    const auto other = world.group(ada, {bob});
    const auto early = world.work(ada, message_to(group, "early"));
    ASSERT_TRUE(world.apply(early));
    ASSERT_TRUE(world.add(ada, group, {cyd}));
    const auto replying = [&](ConversationKey to, Uuid id) {
        auto message = message_to(to, "reply");
        message.reply_to = id;
        return message;
    };
    EXPECT_TRUE(world.apply(world.work(bob, replying(group, *early.origin.command))));
    expect_refused(world.work(cyd, replying(group, *early.origin.command)), ErrorCode::message_not_found);
    expect_refused(world.work(bob, replying(other, *early.origin.command)), ErrorCode::message_not_found);
    expect_refused(world.work(bob, replying(group, world.next_id())), ErrorCode::message_not_found);
    auto first_of_all = message_to(cyd, "reply");
    first_of_all.reply_to = early.origin.command;
    expect_refused(world.work(bob, first_of_all), ErrorCode::message_not_found);
}

}  // namespace parley::server::test
