#include "core/credentials.hpp"

#include "tests/unit/core/script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using core::Connection;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Credentials, ErasesEverythingWhenTheDeviceIsRevoked) {
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

TEST(Credentials, RenewsATokenThatExpiresOnTheSameConnection) {
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

TEST(Credentials, NeverUsesATokenThatIsNotCommitted) {
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

TEST(Credentials, AsksAgainWithTheSameTokenWhenTheAnswerToARenewalIsLost) {
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

TEST(Credentials, KeepsTheDatabaseWhenThePersonMustSignInAgain) {
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

TEST(Credentials, SendsWhatWaitsOnceThePersonHasSignedInAgain) {
    Script script;
    script.go_live();
    script.join("c1");
    script.give({Script::pushed("c1", 1, Script::said("kept"))});
    // A token was used again: the open connection closes, and so does every try with what is held.
    script.forget();
    script.disconnect(4001);
    ASSERT_THAT(script.calls, SizeIs(1));
    script.answer(script.calls[0], 401, Script::problem(ErrorCode::refresh_reused));
    EXPECT_EQ(script.core().connection(), Connection::signed_out);
    script.say("c1", "waits");
    script.forget();
    script.sign_in();
    script.connect();
    EXPECT_THAT(script.calls, SizeIs(1)) << "tokens that were just given are not renewed";
    script.auth_ok();
    script.resumed();
    EXPECT_EQ(script.core().connection(), Connection::online);
    EXPECT_THAT(script.texts("c1"), testing::ElementsAre("kept", "waits"));
    const auto sent = script.sent_of<protocol::MessageSend>();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(std::get<protocol::MessageSend>(sent[0].payload).text, "waits");
}

// The server's clock may have jumped far ahead, and come back.
TEST(Credentials, KeepsTheTokenWhoseTimeTheServerSaysIsOverAndTriesItAgain) {
    Script script;
    script.go_live();
    script.forget();
    script.disconnect(4002);
    ASSERT_THAT(script.calls, SizeIs(1));
    const std::string body = script.calls[0].body;
    for (int tries = 0; tries < 5; ++tries) {
        const auto call = script.calls.back();
        script.calls.clear();
        script.answer(call, 401, Script::problem(ErrorCode::token_expired));
        EXPECT_EQ(script.core().connection(), Connection::signed_out);
        EXPECT_THAT(script.calls, IsEmpty());
        script.wait(limits::backoff_ms_max + 1);
        ASSERT_THAT(script.calls, SizeIs(1));
        EXPECT_EQ(script.calls[0].body, body);
    }
    script.forget();
    script.open();
    script.connect();
    script.auth_ok();
    script.resumed();
    script.disconnect(4002);
    ASSERT_THAT(script.calls, SizeIs(1));
    EXPECT_EQ(script.calls[0].body, body);
    script.answer(script.calls[0], 200, Script::json(Script::tokens(2)));
    EXPECT_EQ(script.core().connection(), Connection::connecting);
}

TEST(Credentials, ThePersonMaySignInAgainWhileATokenIsTriedWhoseTimeIsOver) {
    Script script;
    script.go_live();
    script.disconnect(4002);
    script.answer(script.calls.back(), 401, Script::problem(ErrorCode::token_expired));
    ASSERT_EQ(script.core().connection(), Connection::signed_out);
    script.forget();
    script.core().sign_in({"me", "wrong", "test"}, script.now());
    script.take();
    ASSERT_THAT(script.calls, SizeIs(1));
    script.answer(script.calls[0], 401, Script::problem(ErrorCode::credentials));
    EXPECT_EQ(script.core().connection(), Connection::signed_out);
    EXPECT_EQ(script.database().number("SELECT count(*) FROM self WHERE refresh_token = 'refresh1'"), 1);
    // Wrong passwords cost nothing: it goes on with the token that it has.
    ASSERT_THAT(script.calls, SizeIs(2));
    EXPECT_EQ(script.calls[1].path, "/v1/sessions/refresh");
    script.answer(script.calls[1], 401, Script::problem(ErrorCode::token_expired));
    script.forget();
    script.wait(limits::backoff_ms_max + 1);
    ASSERT_THAT(script.calls, SizeIs(1));
    // The next try to sign in need not wait for the answer.
    script.core().sign_in({"me", "password", "test"}, script.now());
    script.take();
    EXPECT_THAT(script.noticed<core::SignInEnded>(), IsEmpty());
    script.answer(script.calls.back(), 201, Script::json(Script::tokens(2)));
    EXPECT_EQ(script.core().connection(), Connection::connecting);
    script.connect();
    script.auth_ok();
    script.resumed();
    EXPECT_EQ(script.core().connection(), Connection::online);
}

TEST(Credentials, ConnectsWithTheKeptTokenWhereThatWasWantedDuringASignInThatFailed) {
    Script script;
    script.go_live();
    script.disconnect(4002);
    script.answer(script.calls.back(), 401, Script::problem(ErrorCode::token_expired));
    script.core().disconnect(script.now());
    script.core().sign_in({"me", "wrong", "test"}, script.now());
    script.core().connect(script.now());
    script.take();
    const auto call = script.calls.back();
    script.forget();
    script.answer(call, 401, Script::problem(ErrorCode::credentials));
    ASSERT_THAT(script.calls, SizeIs(1));
    script.answer(script.calls[0], 200, Script::json(Script::tokens(2)));
    EXPECT_EQ(script.core().connection(), Connection::connecting);
}

TEST(Credentials, RefusesToMixTwoAccountsInOneDatabase) {
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

TEST(Credentials, SignsOutAtTheServerAndErasesEverythingAtOnce) {
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
    EXPECT_THAT(script.noticed<core::SignOutEnded>(), IsEmpty());
    script.answer(script.calls[2], 204, "");
    EXPECT_EQ(script.core().connection(), Connection::signed_out);
    ASSERT_THAT(script.noticed<core::SignOutEnded>(), SizeIs(1));
    EXPECT_FALSE(script.noticed<core::SignOutEnded>().back().failure);
}

TEST(Credentials, ErasesEverythingWithoutAWordToTheServer) {
    Script script;
    script.go_live();
    script.join("c1");
    script.forget();
    script.core().erase(script.now());
    script.take();
    EXPECT_EQ(script.database().number("SELECT count(*) FROM conversation"), 0);
    EXPECT_EQ(script.core().connection(), Connection::signed_out);
    script.wait(100'000);
    EXPECT_THAT(script.calls, IsEmpty());
    EXPECT_THAT(script.noticed<core::SignOutEnded>(), IsEmpty());
}

/// What the person is told of a sign-out that is answered so, one after the other.
std::optional<ErrorCode> end_of_sign_out(const std::vector<std::pair<int, std::string>>& answers) {
    Script script;
    script.go_live();
    script.forget();
    script.core().sign_out(script.now());
    script.take();
    for (const auto& [status, body] : answers)
        script.answer(script.calls.back(), status, body);
    EXPECT_EQ(script.core().connection(), Connection::signed_out);
    const auto ends = script.noticed<core::SignOutEnded>();
    EXPECT_THAT(ends, SizeIs(1));
    if (ends.empty() || !ends.back().failure) return std::nullopt;
    return ends.back().failure->code;
}

TEST(Credentials, SaysWhetherTheServerConfirmedASignOut) {
    const std::string ended = Script::problem(ErrorCode::token_expired);
    EXPECT_EQ(end_of_sign_out({{204, ""}}), std::nullopt);
    EXPECT_EQ(end_of_sign_out({{0, ""}}), ErrorCode::unavailable);
    EXPECT_EQ(end_of_sign_out({{503, Script::problem(ErrorCode::unavailable)}}), ErrorCode::unavailable);
    // A gate that wants to be paid says yes to everything.
    EXPECT_EQ(end_of_sign_out({{200, "<html>welcome</html>"}}), ErrorCode::unavailable);
    EXPECT_EQ(end_of_sign_out({{401, ended}, {200, "<html>welcome</html>"}}), ErrorCode::unavailable);
    EXPECT_EQ(end_of_sign_out({{401, ended}, {0, ""}}), ErrorCode::unavailable);
    // The server does not know the session any more, so that it lists it no more.
    EXPECT_EQ(end_of_sign_out({{401, ended}, {401, Script::problem(ErrorCode::revoked)}}), std::nullopt);
}

TEST(Credentials, AWallClockThatIsWrongCostsOneRenewalAndNoMore) {
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

TEST(Credentials, MaySignInAgainWhileTheServerIsStillBeingToldOfTheSignOut) {
    Script script;
    script.go_live();
    script.core().sign_out(script.now());
    script.take();
    EXPECT_EQ(script.core().connection(), Connection::offline);
    script.sign_in();
    EXPECT_EQ(script.core().account(), AccountId("me"));
    script.connect();
    EXPECT_EQ(script.core().connection(), Connection::connecting);
    script.auth_ok();
    script.resumed();
    EXPECT_EQ(script.core().connection(), Connection::online);
}

TEST(Credentials, ConnectsOnceASignInSucceededThatWasUnderWay) {
    Script script;
    script.core().sign_in({"me", "password", "test"}, script.now());
    script.core().connect(script.now());
    script.take();
    EXPECT_EQ(script.opened, 0);
    script.answer(script.calls.back(), 201, Script::json(Script::tokens(1)));
    EXPECT_EQ(script.opened, 1);
}

TEST(Credentials, ARenewedTokenThatIsRefusedEndsTheConnectionInsteadOfRenewingInALoop) {
    Script script;
    script.go_live();
    script.wait(3000);
    script.forget();
    script.give(protocol::TokenExpiring{WallTime{1'700'000'960'000}});
    for (int i = 0; i < 20; ++i) {
        if (!script.calls.empty()) {
            const auto call = script.calls.back();
            script.calls.clear();
            script.answer(call, 200, Script::json(Script::tokens(2 + i)));
        }
        const auto auth = script.sent_of<protocol::Auth>();
        if (auth.empty()) break;
        script.sent.clear();
        script.refuse(*auth.back().id, ErrorCode::token_invalid);
    }
    EXPECT_EQ(script.closed, 1);
    EXPECT_EQ(script.opened, 1);
}

TEST(Credentials, TakesNoTokensOfAnotherDevice) {
    Script script;
    script.go_live();
    script.give(protocol::TokenExpiring{WallTime{1'700'000'960'000}});
    script.forget();
    auto tokens = Script::tokens(2);
    tokens.device = DeviceId("d9");
    script.core().handle_http_response(2, 200, Script::json(tokens), script.now());
    script.take();
    EXPECT_EQ(script.core().device(), DeviceId("d1"));
    EXPECT_THAT(script.sent_of<protocol::Auth>(), IsEmpty());
}

TEST(Credentials, SaysWhenASignInFails) {
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
