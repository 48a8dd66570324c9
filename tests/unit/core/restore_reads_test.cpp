// What was read when a server was restored.

#include "tests/unit/core/restore_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::SizeIs;

using RestoreReads = Streams;

TEST_F(RestoreReads, TheReadPositionGoesBackToWhatTheServerKnows) {
    push(1, "one");
    push(2, "two");
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), 2});
    protocol::Envelope ok;
    ok.re = read;
    ok.stream = StreamId("c1");
    ok.payload = protocol::ReadOk{2, 0, 0, {2, 2}};
    script.give({ok});
    EXPECT_EQ(script.view("c1").unread, 0);
    script.reconnect();
    const std::int64_t jumped = 1 + limits::restore_jump;
    auto state = restored_state(script, 1, jumped, 1 + limits::restore_jump);
    std::get<protocol::ConversationState>(state.payload).unread = 1;
    script.give({state});
    script.resumed("2:1", 2);
    EXPECT_EQ(script.view("c1").unread, 1);
    EXPECT_EQ(script.view("c1").read, 0);
}

// A copy that was put back may have given the places of what is lost to other messages.
TEST_F(RestoreReads, WhatWasReadMeanwhileIsReadUpToWhereThePastIsTheSame) {
    push(1, "one");
    push(2, "two");
    push(3, "lost");
    script.disconnect();
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), 3});
    EXPECT_EQ(script.view("c1").read, 3);
    const std::int64_t jumped = 4 + limits::restore_jump;
    script.reconnect();
    EXPECT_THAT(script.sent_of<protocol::Read>(), SizeIs(0)) << "it may be another epoch";
    script.give({restored_state(script, 2, jumped, 1)});
    const auto waiting = script.core().outbox();
    ASSERT_THAT(*waiting, SizeIs(1));
    EXPECT_EQ(waiting->front().id, read) << "it is still what somebody asked for";
    EXPECT_EQ(std::get<protocol::Read>(waiting->front().command).upto, 2);
    // As is what stands in the database.
    script.open();
    script.connect();
    script.auth_ok();
    script.resumed("2:1", 2);
    EXPECT_EQ(script.view("c1").read, 2);
    const auto reads = script.sent_of<protocol::Read>();
    ASSERT_THAT(reads, SizeIs(1));
    EXPECT_EQ(reads[0].id, read);
    EXPECT_EQ(std::get<protocol::Read>(reads[0].payload).upto, 2);
    EXPECT_THAT(script.noticed<core::CommandSettled>(), SizeIs(0));
    EXPECT_EQ(script.core().check(), std::nullopt);
}

// Under its id it may be known to the server as it was.
TEST_F(RestoreReads, WhatTheRestoredServerHasReadAlreadyIsNotSaidAgain) {
    push(1, "one");
    push(2, "two");
    push(3, "lost");
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), 3});
    const std::int64_t jumped = 4 + limits::restore_jump;
    script.reconnect();
    auto state = restored_state(script, 2, jumped, 1);
    std::get<protocol::ConversationState>(state.payload).read = 2;
    script.give({state});
    script.resumed("2:1", 2);
    EXPECT_THAT(script.sent_of<protocol::Read>(), SizeIs(0));
    ASSERT_THAT(script.noticed<core::CommandSettled>(), SizeIs(1));
    EXPECT_EQ(script.noticed<core::CommandSettled>()[0].command, read);
    EXPECT_EQ(script.noticed<core::CommandSettled>()[0].failure, std::nullopt);
}

TEST_F(RestoreReads, AReadThatFailedBeforeIsSentAgainOnlyUpToWhereThePastIsTheSame) {
    push(1, "one");
    push(2, "lost");
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), 2});
    script.refuse(read, ErrorCode::invalid);
    script.reconnect();
    script.give({restored_state(script, 1, 3 + limits::restore_jump, 1)});
    script.resumed("2:1", 2);
    ASSERT_TRUE(script.core().retry(read, script.now()));
    script.take();
    const auto reads = script.sent_of<protocol::Read>();
    ASSERT_THAT(reads, SizeIs(1));
    EXPECT_EQ(std::get<protocol::Read>(reads[0].payload).upto, 1);
}

// Who was out while the server was restored hears of that from the state alone, long after he came in again.
TEST_F(RestoreReads, WhatWasReadSinceTheRestoreIsReadAsFarAsThat) {
    push(1, "one");
    script.give({left(2, 1)});
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.give({joined_again(3 + limits::restore_jump, jumped),
                 Script::pushed("c1", jumped, Script::member("me")),
                 Script::pushed("c1", jumped + 1, Script::said("since"))});
    script.disconnect();
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), jumped + 1});
    script.reconnect();
    auto state = restored_state(script, 1, jumped + 1, 1);
    auto& payload = std::get<protocol::ConversationState>(state.payload);
    payload.from = jumped;
    payload.read = jumped - 1;
    script.give({state});
    script.resumed("1:3", 1);
    const auto reads = script.sent_of<protocol::Read>();
    ASSERT_THAT(reads, SizeIs(1));
    EXPECT_EQ(reads[0].id, read);
    EXPECT_EQ(std::get<protocol::Read>(reads[0].payload).upto, jumped + 1);
    EXPECT_EQ(script.view("c1").read, jumped + 1);
}

TEST_F(RestoreReads, WhatWasReadIsForgottenWhereNothingOfThePastIsCertain) {
    push(1, "one");
    script.disconnect();
    script.submit(protocol::Read{to_stream(StreamId("c1")), 1});
    const std::int64_t jumped = 1 + limits::restore_jump;
    script.reconnect();
    script.give({restored_state(script, jumped, jumped + limits::restore_jump, 1)});
    script.resumed("3:1", 3);
    EXPECT_EQ(script.view("c1").read, 0);
    EXPECT_THAT(script.sent_of<protocol::Read>(), SizeIs(0));
    EXPECT_EQ(script.core().outbox_count().waiting, 0);
}

}  // namespace
}  // namespace parley::test
