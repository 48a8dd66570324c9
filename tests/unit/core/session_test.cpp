#include "core/chance.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using core::Connection;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Session, SendsAuthAndResumeInOneFrameWithoutWaitingForHello) {
    Script script;
    script.sign_in();
    script.connect();
    ASSERT_THAT(script.frames, SizeIs(1));
    EXPECT_EQ(script.frames[0], 2u);
    const auto auth = script.sent_of<protocol::Auth>();
    ASSERT_THAT(auth, SizeIs(1));
    EXPECT_EQ(std::get<protocol::Auth>(auth[0].payload).token, "access1");
    const auto resume = script.sent_of<protocol::Resume>();
    ASSERT_THAT(resume, SizeIs(1));
    EXPECT_EQ(std::get<protocol::Resume>(resume[0].payload).token, std::nullopt);
}

TEST(Session, TakesNothingFromAServerThatSignsInAnotherAccountOrDevice) {
    const std::vector<std::pair<std::string, std::string>> others = {{"somebody", "d1"}, {"me", "d9"}};
    for (const auto& [account, device] : others) {
        Script script;
        script.sign_in();
        script.connect();
        script.forget();
        protocol::Envelope ok;
        ok.payload = protocol::AuthOk{AccountId(account), DeviceId(device), SessionId("s"), WallTime{1}};
        script.give({ok, Script::joined("c1", 1)});
        EXPECT_EQ(script.closed, 1);
        EXPECT_EQ(script.core().connection(), Connection::offline);
        EXPECT_EQ(script.database().number("SELECT count(*) FROM conversation"), 0);
        EXPECT_EQ(script.core().device(), DeviceId("d1"));
    }
}

TEST(Session, ResumesWithTheTokenThatWasCommittedLast) {
    Script script;
    script.sign_in();
    script.connect();
    script.auth_ok();
    script.give(protocol::Sync{"1:5"});
    script.disconnect();
    script.wait(1000);
    script.core().handle_connected(script.now());
    script.take();
    EXPECT_EQ(std::get<protocol::Resume>(script.sent_of<protocol::Resume>().back().payload).token, "1:5");
}

TEST(Session, StoresTheTokenOfAPongOnlyOnceItIsLive) {
    Script script;
    script.sign_in();
    script.connect();
    script.auth_ok();
    script.give(protocol::Pong{"1:99", WallTime{1}});
    EXPECT_EQ(script.database().number("SELECT count(*) FROM self WHERE sync_token = '1:99'"), 0);
    script.resumed("1:7");
    script.give(protocol::Pong{"1:99", WallTime{1}});
    EXPECT_EQ(script.database().number("SELECT count(*) FROM self WHERE sync_token = '1:99'"), 1);
}

TEST(Session, WaitsLongerAndLongerUpToThirtySecondsWithFullJitter) {
    SeededPrimitives primitives(3);
    for (int failures = 1; failures < 40; ++failures) {
        const std::int64_t ceiling = std::min<std::int64_t>(30'000, 500LL << std::min(failures - 1, 10));
        std::int64_t longest = 0;
        for (int i = 0; i < 200; ++i) {
            const std::int64_t wait = core::backoff(primitives, failures).ms;
            ASSERT_GE(wait, 0);
            ASSERT_LE(wait, ceiling);
            longest = std::max(longest, wait);
        }
        EXPECT_GT(longest, ceiling * 8 / 10);
    }
}

TEST(Session, TriesAtOnceWhenTheNetworkReturns) {
    Script script;
    script.go_live();
    for (int i = 0; i < 5; ++i) {
        script.disconnect();
        script.wait(40'000);
    }
    script.disconnect();
    script.forget();
    script.core().handle_network(true, script.now());
    script.take();
    EXPECT_EQ(script.opened, 1);
}

TEST(Session, ClosesAConnectionThatIsSilentForTwoHeartbeats) {
    Script script;
    script.go_live();
    script.forget();
    script.wait(25'000);
    EXPECT_THAT(script.sent_of<protocol::Ping>(), SizeIs(1));
    script.give(protocol::Pong{"1:2", WallTime{1}});
    script.wait(25'000);
    EXPECT_EQ(script.closed, 0);
    EXPECT_THAT(script.sent_of<protocol::Ping>(), SizeIs(2));
    script.wait(25'000);
    EXPECT_EQ(script.closed, 1);
    EXPECT_EQ(script.core().connection(), Connection::offline);
    script.wait(1000);
    EXPECT_EQ(script.opened, 1);
}

TEST(Session, GivesUpASocketThatDoesNotOpenAndAServerThatDoesNotSignIn) {
    Script script;
    script.sign_in();
    script.core().connect(script.now());
    script.take();
    script.wait(20'000);
    EXPECT_EQ(script.closed, 1);
    script.wait(1000);
    EXPECT_EQ(script.opened, 2);
    script.core().handle_connected(script.now());
    script.take();
    script.wait(10'000);
    EXPECT_EQ(script.closed, 2);
}

TEST(Session, ReconnectsAfterAServerThatIsAliveOwesAnAnswerForTwoMinutes) {
    Script script;
    script.go_live();
    script.join("c1");
    script.say("c1", "hello");
    script.forget();
    for (int i = 0; i < 5; ++i) {
        script.wait(24'000);
        script.give(protocol::Pong{"1:2", WallTime{1}});
    }
    EXPECT_EQ(script.closed, 1);
}

struct CloseCase {
    std::uint16_t code;
    Connection after;
    bool comes_back;
};

class Closing : public testing::TestWithParam<CloseCase> {};

TEST_P(Closing, EndsAsTheSchemaSays) {
    Script script;
    script.go_live();
    script.forget();
    script.disconnect(GetParam().code);
    EXPECT_EQ(script.core().connection(), GetParam().after);
    script.wait(60'000);
    const bool came_back = script.opened > 0 || !script.calls.empty();
    EXPECT_EQ(came_back, GetParam().comes_back);
}

INSTANTIATE_TEST_SUITE_P(
    Session, Closing,
    testing::Values(CloseCase{1001, Connection::offline, true}, CloseCase{1006, Connection::offline, true},
                    CloseCase{1008, Connection::offline, false}, CloseCase{1009, Connection::offline, true},
                    CloseCase{1011, Connection::offline, true}, CloseCase{1013, Connection::offline, true},
                    CloseCase{4001, Connection::connecting, true},
                    CloseCase{4002, Connection::connecting, true}, CloseCase{4003, Connection::offline, true},
                    CloseCase{4004, Connection::revoked, false},
                    CloseCase{4005, Connection::replaced, false}));

TEST(Session, ComesBackWhenADrainingServerSaid) {
    Script script;
    script.go_live();
    script.give(protocol::Closing{CloseCode::going_away, 7000});
    script.forget();
    script.disconnect(1001);
    script.wait(6900);
    EXPECT_EQ(script.opened, 0);
    script.wait(200);
    EXPECT_EQ(script.opened, 1);
}

TEST(Session, StandsStillAfterBeingReplacedUntilItIsToldToConnect) {
    Script script;
    script.go_live();
    script.disconnect(4005);
    script.forget();
    script.core().handle_network(true, script.now());
    script.wait(100'000);
    EXPECT_EQ(script.opened, 0);
    script.core().connect(script.now());
    script.take();
    EXPECT_EQ(script.opened, 1);
}

TEST(Session, ClosesAConnectionThatSpeaksNoEnvelopes) {
    Script script;
    script.go_live();
    script.forget();
    script.core().handle_frame("this is no CBOR", script.now());
    script.take();
    EXPECT_EQ(script.closed, 1);
    EXPECT_EQ(script.core().connection(), Connection::offline);
}

TEST(Session, SendsNoLongerFramesThanTheServerTakes) {
    Script script;
    script.go_live();
    script.join("c1");
    script.disconnect();
    for (int i = 0; i < 10; ++i)
        script.say("c1", std::string(1000, 'x'));
    script.wait(1000);
    script.core().handle_connected(script.now());
    script.take();
    script.give(protocol::Hello{1, limits::heartbeat_ms, 4096, WallTime{1}});
    script.forget();
    script.auth_ok();
    EXPECT_THAT(script.sent_of<protocol::MessageSend>(), SizeIs(10));
    ASSERT_THAT(script.frame_bytes, SizeIs(testing::Ge(3u)));
    EXPECT_THAT(script.frame_bytes, testing::Each(testing::Le(4096u)));
    // The next server may be another one.
    script.disconnect();
    script.wait(1000);
    script.core().handle_connected(script.now());
    script.take();
    script.forget();
    script.auth_ok();
    EXPECT_THAT(script.frame_bytes, SizeIs(1));
}

TEST(Session, WaitsLongerEachTimeWhereConnectionsEndAsSoonAsTheyAreLive) {
    Script script;
    script.go_live();
    std::int64_t longest = 0;
    for (int i = 0; i < 12; ++i) {
        script.disconnect(1011);
        const Instant before = script.now().instant;
        script.wait((*script.core().next_timeout() - before).ms);
        longest = std::max(longest, (script.now().instant - before).ms);
        script.core().handle_connected(script.now());
        script.take();
        script.auth_ok();
        script.resumed();
    }
    EXPECT_GT(longest, 5000);
    // One that lasted makes the next wait short again.
    script.wait(3000);
    script.disconnect(1011);
    EXPECT_LE((*script.core().next_timeout() - script.now().instant).ms, limits::backoff_ms_min);
}

TEST(Session, ResumesFromTheBeginningWhereTheServerCannotReadItsToken) {
    Script script;
    script.go_live();
    script.disconnect();
    script.wait(1000);
    script.core().handle_connected(script.now());
    script.take();
    script.auth_ok();
    const auto asked = script.sent_of<protocol::Resume>().back();
    EXPECT_EQ(std::get<protocol::Resume>(asked.payload).token, "1:1");
    script.forget();
    script.refuse(*asked.id, ErrorCode::invalid);
    ASSERT_THAT(script.sent_of<protocol::Resume>(), SizeIs(1));
    EXPECT_EQ(std::get<protocol::Resume>(script.sent_of<protocol::Resume>()[0].payload).token, std::nullopt);
    script.resumed("1:9");
    EXPECT_EQ(script.core().connection(), Connection::online);
}

TEST(Session, TriesLaterWhereTheServerCannotResumeNow) {
    Script script;
    script.sign_in();
    script.connect();
    script.auth_ok();
    script.refuse(*script.sent_of<protocol::Resume>().back().id, ErrorCode::unavailable);
    EXPECT_EQ(script.closed, 1);
    script.wait(1000);
    EXPECT_EQ(script.opened, 2);
}

TEST(Session, ALongResumeIsNotCutAsLongAsItGoesOn) {
    Script script;
    script.sign_in();
    script.connect();
    script.auth_ok();
    for (int i = 0; i < 10; ++i) {
        script.wait(20'000);
        script.give(protocol::Sync{"1:" + std::to_string(i)});
    }
    EXPECT_EQ(script.closed, 0);
    EXPECT_EQ(script.core().connection(), Connection::catching_up);
}

TEST(Session, WhatWasBegunOnTheNetworkOfBeforeIsBegunAgain) {
    Script script;
    script.sign_in();
    script.core().connect(script.now());
    script.take();
    script.core().handle_network(true, script.now());
    script.take();
    EXPECT_EQ(script.opened, 2);
    script.core().handle_connected(script.now());
    script.take();
    script.auth_ok();
    script.resumed();
    script.give(protocol::TokenExpiring{WallTime{1'700'000'960'000}});
    for (int i = 0; i < 6; ++i) {
        script.answer(script.calls.back(), 0, "");
        script.wait(31'000);
        script.give(protocol::Pong{"1:2", WallTime{1}});
    }
    script.answer(script.calls.back(), 0, "");
    script.forget();
    script.core().handle_network(true, script.now());
    script.take();
    ASSERT_THAT(script.calls, SizeIs(1));
    EXPECT_EQ(script.calls[0].path, "/v1/sessions/refresh");
}

}  // namespace
}  // namespace parley::test
