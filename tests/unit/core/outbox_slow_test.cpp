// What the outbox does in a group in slow mode.

#include "tests/unit/core/edits_script.hpp"
#include "tests/unit/core/outbox_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SlowMode : public Outbox {
  protected:
    static constexpr std::int64_t slow_ms = 10'000;

    SlowMode() {
        script.give(protocol::Hello{.version = 1,
                                    .heartbeat_ms = 25'000,
                                    .frame_bytes_max = limits::frame_bytes_max,
                                    .time = WallTime{1'700'000'000'000}});
        settings(slow_ms);
        role(protocol::Role::member);
        script.forget();
    }
    void settings(std::optional<std::int64_t> slow) {
        protocol::ConversationChanged changed{
            .kind = protocol::ConversationKind::group, .title = "title", .by = AccountId("you")};
        changed.slow_ms = slow;
        script.give({Script::pushed("c1", ++seq_, changed, 1)});
    }
    void role(protocol::Role role) {
        auto own = Script::member("me", true, 1);
        own.role = role;
        script.give({Script::pushed("c1", ++seq_, own, 2)});
    }
    /// The server has taken it, and the row comes.
    void take(const Uuid& message, const std::string& text) {
        auto row = Script::pushed("c1", ++seq_, Script::said(text, "me"));
        row.id = message;
        script.give({Script::accepted(message, "c1", seq_), row});
    }
    std::vector<std::string> sent() const {
        std::vector<std::string> texts;
        for (const auto& one : script.sent_of<protocol::MessageSend>())
            texts.push_back(std::get<protocol::MessageSend>(one.payload).text);
        return texts;
    }

    std::int64_t seq_ = 2;
};

TEST_F(SlowMode, OneMessageGoesOutAtATimeWhenItsTurnComes) {
    const auto said = say(4);
    script.forget();
    take(said[0], "text 0");
    script.refuse(said[1], ErrorCode::slow_mode, 8'000);
    script.refuse(said[2], ErrorCode::follows_refused);
    script.refuse(said[3], ErrorCode::follows_refused);
    const WallTime turn = script.now().wall + milliseconds(8'000);
    EXPECT_EQ(script.view("c1").next_message_at, turn);
    script.wait(7'900);
    EXPECT_THAT(sent(), IsEmpty());
    EXPECT_EQ(script.view("c1").next_message_at, turn);
    script.wait(200);
    EXPECT_THAT(sent(), ElementsAre("text 1"));
    script.forget();
    take(said[1], "text 1");
    EXPECT_THAT(sent(), ElementsAre("text 2"));
    script.forget();
    script.refuse(said[2], ErrorCode::slow_mode, 9'900);
    EXPECT_THAT(sent(), IsEmpty());
    for (const std::size_t waiting : {2, 3})
        EXPECT_EQ(state_of(said[waiting]), core::CommandState::queued);
    EXPECT_THAT(script.noticed<core::CommandSettled>(), IsEmpty());
}

TEST_F(SlowMode, WhatIsAboutOtherMessagesDoesNotWait) {
    const auto said = say(2);
    take(said[0], "text 0");
    script.refuse(said[1], ErrorCode::slow_mode, 60'000);
    script.forget();
    script.submit(protocol::MessageReact{to_stream(StreamId("c1")), said[1], std::nullopt, "\U0001F44D"});
    script.submit(protocol::MessageEdit{to_stream(StreamId("c1")), said[0], "changed"});
    script.submit(protocol::MessageReact{to_stream(StreamId("c1")), said[0], std::nullopt, "\U0001F44D"});
    script.submit(protocol::ConversationLeave{to_stream(StreamId("c1"))});
    ASSERT_EQ(script.sent.size(), 2u);
    EXPECT_EQ(script.sent[0].type(), protocol::Type::message_edit);
    EXPECT_EQ(std::get<protocol::MessageReact>(script.sent[1].payload).message, said[0]);
    // One that is on its way may have been taken: what is about it comes after it.
    EXPECT_EQ(script.sent[0].follows, std::nullopt);
}

TEST_F(SlowMode, ThatIsOverLetsEverythingGo) {
    auto said = say(3);
    take(said[0], "text 0");
    script.refuse(said[1], ErrorCode::slow_mode, 60'000);
    script.refuse(said[2], ErrorCode::follows_refused);
    script.forget();
    settings(std::nullopt);
    script.wait(0);
    EXPECT_THAT(sent(), ElementsAre("text 1", "text 2"));
    EXPECT_EQ(script.view("c1").next_message_at, std::nullopt);
}

TEST_F(SlowMode, HoldsBackNobodyWhoHasBecomeAModerator) {
    const auto said = say(2);
    take(said[0], "text 0");
    script.refuse(said[1], ErrorCode::slow_mode, 60'000);
    script.forget();
    role(protocol::Role::moderator);
    EXPECT_THAT(sent(), ElementsAre("text 1"));
    EXPECT_EQ(script.view("c1").next_message_at, std::nullopt);
}

TEST_F(SlowMode, IsAskedAboutAnewOnTheNextConnection) {
    const auto said = say(2);
    take(said[0], "text 0");
    script.refuse(said[1], ErrorCode::slow_mode, 3'600'000);
    script.reconnect();
    EXPECT_THAT(sent(), ElementsAre("text 1"));
}

TEST_F(SlowMode, IsKnownFromTheLastMessageWhateverComesOfAnOlderOneFirst) {
    const auto said = say(2);
    take(said[0], "text 0");
    const std::int64_t older = seq_;
    take(said[1], "text 1");
    const auto turn = script.view("c1").next_message_at;
    ASSERT_TRUE(turn);
    script.open();
    script.connect();
    script.auth_ok();
    auto row = Script::pushed("c1", ++seq_, edited("changed", "me"), older);
    row.id = said[0];
    row.timestamp = WallTime{1'700'000'000'000 + older};
    script.give({row});
    EXPECT_EQ(script.view("c1").next_message_at, turn);
}

TEST_F(SlowMode, IsKnownFromTheLastMessageBeforeTheServerSaysSo) {
    const auto said = say(1);
    EXPECT_EQ(script.view("c1").next_message_at, std::nullopt);
    take(said[0], "text 0");
    EXPECT_EQ(script.view("c1").next_message_at, WallTime{1'700'000'000'000 + seq_} + milliseconds(slow_ms));
    script.open();
    EXPECT_EQ(script.view("c1").next_message_at, WallTime{1'700'000'000'000 + seq_} + milliseconds(slow_ms))
        << "after a restart";
    script.connect();
    script.auth_ok();
    role(protocol::Role::moderator);
    EXPECT_EQ(script.view("c1").next_message_at, std::nullopt);
}

}  // namespace
}  // namespace parley::test
