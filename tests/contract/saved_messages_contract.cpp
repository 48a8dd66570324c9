#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;

TEST_P(StoreContract, WhatOneSendsToOneselfIsSavedForOneselfAlone) {
    const auto ada = world.person("ada");
    const auto tablet = world.device_of(ada);
    const auto bob = world.person("bob");
    const auto answer = world.send_direct(ada, ada, "one");
    ASSERT_TRUE(answer) << answer.error().context;
    EXPECT_THAT(effects_of(world.batch), ElementsAre("joined", "opened", "conversation.changed 1",
                                                     "member.changed 2", "message.new 3", "replied"));
    const auto key = *conversation_key(answer->stream.text());
    // There is one, on whichever device, and it is found by its id as well.
    ASSERT_TRUE(world.send_direct(tablet, ada, "two"));
    ASSERT_TRUE(world.send(tablet, key, "three"));
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_THAT(texts_of(world.all_changes(ada, key)), ElementsAre("one", "two", "three"));
        const auto state = world.state(ada, key);
        EXPECT_EQ(state.summary.kind, protocol::ConversationKind::direct);
        EXPECT_EQ(state.summary.members, 1);
        ASSERT_TRUE(state.summary.peer);
        EXPECT_EQ(state.summary.peer->account, ada.id());
        EXPECT_EQ(state.unread, 0);
    }
    expect_refused(world.work(bob, message_to(key, "mine")), ErrorCode::conversation_not_member);
    expect_refused(
        world.work(ada, protocol::MemberAdd{.target = {.stream = to_id(key)}, .accounts = {bob.id()}}),
        ErrorCode::conversation_kind);
    expect_refused(world.work(ada, protocol::ConversationLeave{.target = {.stream = to_id(key)}}),
                   ErrorCode::conversation_kind);
    // And it is not the one with somebody else.
    const auto other = world.send_direct(ada, bob, "to bob");
    ASSERT_TRUE(other);
    EXPECT_NE(other->stream, answer->stream);
}

}  // namespace parley::server::test
