#include "core/chance.hpp"
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

TEST(Session, ErasesEverythingWhenTheDeviceIsRevoked) {
    Script script;
    script.go_live();
    script.join("c1");
    script.give({Script::pushed("c1", 1, Script::said("secret"))});
    script.say("c1", "not sent");
    script.disconnect(4004);
    EXPECT_EQ(script.core().connection(), Connection::revoked);
    EXPECT_EQ(script.core().account(), std::nullopt);
    for (const char* table :
         {"self", "conversation", "stream_row", "command", "settled", "receipt", "profile"})
        EXPECT_EQ(script.database().number(std::string("SELECT count(*) FROM ") + table), 0) << table;
}

TEST(Session, RenewsATokenThatExpiresOnTheSameConnection) {
    Script script;
    script.go_live();
    script.forget();
    script.give(protocol::TokenExpiring{WallTime{1'700'000'960'000}});
    ASSERT_THAT(script.calls, SizeIs(1));
    EXPECT_EQ(script.calls[0].path, "/v1/sessions/refresh");
    EXPECT_THAT(script.sent_of<protocol::Auth>(), IsEmpty());
    script.answer(script.calls[0], 200, Script::json(Script::tokens(2)));
    const auto auth = script.sent_of<protocol::Auth>();
    ASSERT_THAT(auth, SizeIs(1));
    EXPECT_EQ(std::get<protocol::Auth>(auth[0].payload).token, "access2");
    EXPECT_EQ(script.opened, 0);
    EXPECT_EQ(script.closed, 0);
}

TEST(Session, NeverUsesATokenThatIsNotCommitted) {
    Script script;
    script.go_live();
    script.give(protocol::TokenExpiring{WallTime{1'700'000'960'000}});
    script.forget();
    const auto call = core::CallHttp{2, "", "", "", ""};
    script.database().fail_at(script.database().calls() + 4);
    script.core().handle_http_response(call.call, 200, Script::json(Script::tokens(2)), script.now());
    script.take();
    EXPECT_EQ(script.core().connection(), Connection::broken);
    EXPECT_THAT(script.sent_of<protocol::Auth>(), IsEmpty());
    script.database().crash();
    EXPECT_EQ(script.database().number("SELECT count(*) FROM self WHERE refresh_token = 'refresh1'"), 1);
}

TEST(Session, AsksAgainWithTheSameTokenWhenTheAnswerToARenewalIsLost) {
    Script script;
    script.go_live();
    script.forget();
    script.give(protocol::TokenExpiring{WallTime{1'700'000'960'000}});
    const std::string body = script.calls.at(0).body;
    script.answer(script.calls[0], 0, "");
    script.wait(1000);
    ASSERT_THAT(script.calls, SizeIs(2));
    EXPECT_EQ(script.calls[1].body, body);
    script.answer(script.calls[1], 502, "<html>bad gateway</html>");
    script.wait(2000);
    ASSERT_THAT(script.calls, SizeIs(3));
    EXPECT_EQ(script.calls[2].body, body);
    // A late answer to an earlier call is not taken for one to this.
    script.answer(script.calls[0], 401, Script::problem(ErrorCode::refresh_reused));
    EXPECT_EQ(script.core().connection(), Connection::online);
}

TEST(Session, KeepsTheDatabaseWhenThePersonMustSignInAgain) {
    Script script;
    script.go_live();
    script.join("c1");
    script.give({Script::pushed("c1", 1, Script::said("kept"))});
    script.forget();
    script.disconnect(4002);
    ASSERT_THAT(script.calls, SizeIs(1));
    script.answer(script.calls[0], 401, Script::problem(ErrorCode::refresh_reused));
    EXPECT_EQ(script.core().connection(), Connection::signed_out);
    EXPECT_EQ(script.texts("c1"), std::vector<std::string>{"kept"});
    script.say("c1", "waits");
    script.forget();
    script.sign_in();
    EXPECT_THAT(script.texts("c1"), testing::ElementsAre("kept", "waits"));
}

TEST(Session, RefusesToMixTwoAccountsInOneDatabase) {
    Script script;
    script.go_live();
    script.disconnect(4002);
    script.answer(script.calls.back(), 401, Script::problem(ErrorCode::token_invalid));
    script.core().sign_in({"other", "password", "test"}, script.now());
    script.take();
    auto session = Script::tokens(9);
    session.account = AccountId("other");
    script.answer(script.calls.back(), 201, Script::json(session));
    ASSERT_TRUE(script.noticed<core::SignInEnded>().back().failure);
    EXPECT_EQ(script.core().account(), AccountId("me"));
}

TEST(Session, SignsOutAtTheServerAndErasesEverythingAtOnce) {
    Script script;
    script.go_live();
    script.join("c1");
    script.forget();
    script.core().sign_out(script.now());
    script.take();
    EXPECT_EQ(script.database().number("SELECT count(*) FROM conversation"), 0);
    ASSERT_THAT(script.calls, SizeIs(1));
    EXPECT_EQ(script.calls[0].method, "DELETE");
    EXPECT_EQ(script.calls[0].bearer, "access1");
    script.answer(script.calls[0], 401, Script::problem(ErrorCode::token_expired));
    ASSERT_THAT(script.calls, SizeIs(2));
    script.answer(script.calls[1], 200, Script::json(Script::tokens(2)));
    ASSERT_THAT(script.calls, SizeIs(3));
    EXPECT_EQ(script.calls[2].bearer, "access2");
    script.answer(script.calls[2], 204, "");
    EXPECT_EQ(script.core().connection(), Connection::signed_out);
}

TEST(Session, AWallClockThatIsWrongCostsOneRenewalAndNoMore) {
    Script script;
    script.sign_in();
    script.jump_wall(365LL * 86'400'000);
    script.open();
    script.forget();
    script.core().connect(script.now());
    script.take();
    ASSERT_THAT(script.calls, SizeIs(1));
    script.answer(script.calls[0], 200, Script::json(Script::tokens(2)));
    EXPECT_EQ(script.opened, 1);
    EXPECT_THAT(script.calls, SizeIs(1));
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

TEST(Session, SaysWhenASignInFails) {
    Script script;
    script.core().sign_in({"me", "wrong password", "test"}, script.now());
    script.take();
    script.answer(script.calls.back(), 401, Script::problem(ErrorCode::credentials));
    ASSERT_TRUE(script.noticed<core::SignInEnded>().back().failure);
    EXPECT_EQ(script.noticed<core::SignInEnded>().back().failure->code, ErrorCode::credentials);
    EXPECT_EQ(script.core().connection(), Connection::signed_out);
}

}  // namespace
}  // namespace parley::test
