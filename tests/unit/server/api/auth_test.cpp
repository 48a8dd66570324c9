#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parley::server::test {
namespace {

using protocol::Auth;
using protocol::AuthOk;

Auth auth(const std::string& token) {
    return {.token = token, .client = "test"};
}

/// One of each that a client may send, besides `auth`.
std::vector<protocol::Payload> requests() {
    const StreamId stream("c0000000001");
    const protocol::Target target{.stream = stream};
    return {protocol::Ping{},
            protocol::Resume{},
            protocol::Changes{.stream = stream},
            protocol::Page{.stream = stream, .before = 0},
            protocol::Rows{.stream = stream, .kind = protocol::RowKind::member},
            protocol::Subscribe{.stream = stream},
            protocol::Unsubscribe{.stream = stream},
            protocol::Ack{},
            protocol::Look{},
            protocol::Typing{.stream = stream, .kind = std::nullopt},
            protocol::Read{.target = target, .upto = 1},
            protocol::MessageSend{.target = target, .text = "x"},
            protocol::ConversationCreate{.title = "x"},
            protocol::ConversationRename{.target = target, .title = "x"},
            protocol::MemberAdd{.target = target},
            protocol::MemberRemove{.target = target, .account = AccountId("a1")},
            protocol::ConversationLeave{.target = target},
            protocol::ProfileSet{},
            protocol::ProfileFind{},
            protocol::DeviceRevoke{.device = DeviceId("d1")},
            protocol::InviteCreate{}};
}

TEST(Auth, FollowsHello) {
    World world;
    Peer& peer = world.connect();
    world.settle();
    const auto came = peer.take();
    ASSERT_EQ(came.size(), 1u);
    const auto& hello = std::get<protocol::Hello>(came.front().payload);
    EXPECT_EQ(hello.version, 1);
    EXPECT_EQ(hello.heartbeat_ms, limits::heartbeat_ms);
    EXPECT_EQ(hello.time, world.now.wall);
}

TEST(Auth, IsAnsweredWithWhoOneIs) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.connect();
    const auto answer = peer.answer(peer.ask(auth(ada.access)));
    const auto& ok = std::get<AuthOk>(answer.payload);
    EXPECT_EQ(ok.account, ada.id);
    EXPECT_EQ(ok.device, ada.device);
    EXPECT_FALSE(ok.session.empty());
    EXPECT_EQ(ok.expires_at, world.now.wall + milliseconds(limits::access_token_ms));
}

TEST(Auth, IsNeededForEveryRequest) {
    World world;
    Peer& peer = world.connect();
    for (const protocol::Payload& request : requests()) {
        EXPECT_EQ(peer.refusal(peer.ask(request)), ErrorCode::not_signed_in);
    }
    EXPECT_TRUE(world.writes.queue.empty());
    EXPECT_FALSE(peer.closed);
    const Account ada = world.person("ada");
    EXPECT_TRUE(std::holds_alternative<AuthOk>(peer.answer(peer.ask(auth(ada.access))).payload));
}

TEST(Auth, IsNotWaitedForThroughAFloodOfOtherRequests) {
    World world;
    Peer& peer = world.connect();
    for (int i = 0; i < 64; ++i)
        peer.ask(protocol::Ping{});
    EXPECT_EQ(peer.closed, CloseCode::not_signed_in);
}

TEST(Auth, MayStandWithWhatFollowsInOneFrame) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.connect();
    std::string frame = R"({"type":"auth","payload":{"token":")" + ada.access + R"(","client":"x"}})" + "\n" +
                        R"({"type":"resume"})";
    peer.send_frame(frame);
    world.settle();
    const auto came = peer.take();
    ASSERT_GE(came.size(), 3u);
    EXPECT_TRUE(std::holds_alternative<AuthOk>(came[1].payload));
    EXPECT_TRUE(std::holds_alternative<protocol::Resumed>(came.back().payload));
}

TEST(Auth, MayBeFollowedByMoreThanWaitsForIt) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.connect();
    peer.ask(auth(ada.access));
    std::vector<Uuid> asked;
    asked.reserve(200);
    for (int i = 0; i < 200; ++i)
        asked.push_back(peer.ask(protocol::ProfileFind{.accounts = {ada.id}}));
    EXPECT_FALSE(peer.takes_frames);
    EXPECT_EQ(peer.unsent.size(), 199u) << "one is held, the rest waits with the peer";
    world.settle();
    EXPECT_FALSE(peer.closed);
    EXPECT_EQ(peer.take_all<protocol::Profiles>().size(), 200u);
}

TEST(Auth, WithATokenThatIsNoneEndsTheConnection) {
    World world;
    const Account ada = world.person("ada");
    for (const std::string& token : {std::string("hello"), ada.access + "A", ada.refresh, std::string(".")}) {
        Peer& peer = world.connect();
        EXPECT_EQ(peer.refusal(peer.ask(auth(token))), ErrorCode::token_invalid);
        EXPECT_EQ(peer.closed, CloseCode::not_signed_in);
    }
}

TEST(Auth, WithATokenThatHasEndedIsRefused) {
    World world;
    const Account ada = world.person("ada");
    world.pass(milliseconds(limits::access_token_ms));
    Peer& peer = world.connect();
    EXPECT_EQ(peer.refusal(peer.ask(auth(ada.access))), ErrorCode::token_expired);
    EXPECT_EQ(peer.closed, CloseCode::not_signed_in);
}

TEST(Auth, OfADeviceThatWasSignedOutEndsAsARevocation) {
    World world;
    const Account ada = world.person("ada");
    EXPECT_EQ(world.call("DELETE", "/v1/sessions/current", {}, ada.access).status, 204);
    Peer& peer = world.connect();
    EXPECT_EQ(peer.refusal(peer.ask(auth(ada.access))), ErrorCode::revoked);
    EXPECT_EQ(peer.closed, CloseCode::revoked);
}

TEST(Auth, HasTenSeconds) {
    World world;
    Peer& peer = world.connect();
    world.pass(seconds(9));
    EXPECT_FALSE(peer.closed);
    world.pass(seconds(1));
    EXPECT_EQ(peer.closed, CloseCode::not_signed_in);
}

TEST(Auth, OfAnotherAccountOrDeviceOnTheSameConnectionIsRefused) {
    World world;
    const Account ada = world.person("ada");
    const Account bob = world.person("bob");
    const Account phone = world.another_device(ada);
    Peer& peer = world.sign_in(ada);
    EXPECT_EQ(peer.refusal(peer.ask(auth(bob.access))), ErrorCode::token_invalid);
    EXPECT_EQ(peer.refusal(peer.ask(auth(phone.access))), ErrorCode::token_invalid);
    EXPECT_EQ(peer.refusal(peer.ask(auth("hello"))), ErrorCode::token_invalid);
    EXPECT_FALSE(peer.closed);
    peer.ask(protocol::Resume{});
    world.settle();
    EXPECT_EQ(peer.take_all<protocol::Resumed>().size(), 1u);
}

TEST(Auth, IsAskedForAgainAMinuteBeforeTheTokenEnds) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.sign_in(ada);
    const auto stay = [&](Duration duration) {
        for (Duration passed; passed < duration; passed = passed + seconds(20)) {
            peer.ask(protocol::Ping{});
            world.pass(seconds(20));
        }
    };
    stay(seconds(820));
    EXPECT_TRUE(peer.take_all<protocol::TokenExpiring>().empty());
    stay(seconds(40));
    EXPECT_EQ(peer.take_all<protocol::TokenExpiring>().size(), 1u);
    stay(seconds(40));
    EXPECT_TRUE(peer.take_all<protocol::TokenExpiring>().empty());
    EXPECT_EQ(peer.closed, CloseCode::token_ended);
}

TEST(Auth, RenewedInTimeChangesNothingElse) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.sign_in(ada);
    for (int i = 0; i < 43; ++i) {
        peer.ask(protocol::Ping{});
        world.pass(seconds(20));
    }
    const auto body = R"({"refresh_token":")" + ada.refresh + "\"}";
    const auto renewed = protocol::decode<protocol::Session>(
        world.call("POST", "/v1/sessions/refresh", body).body, protocol::Encoding::json);
    ASSERT_TRUE(renewed);
    const auto answer = peer.answer(peer.ask(auth(renewed->access_token)));
    EXPECT_EQ(std::get<AuthOk>(answer.payload).expires_at, renewed->expires_at);
    for (int i = 0; i < 40; ++i) {
        peer.ask(protocol::Ping{});
        world.pass(seconds(20));
    }
    EXPECT_FALSE(peer.closed);
}

TEST(Auth, IsNeitherEndedNorLengthenedByAJumpOfTheWallClock) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.sign_in(ada);
    world.jump(seconds(100'000));
    peer.ask(protocol::Ping{});
    world.pass(seconds(40));
    EXPECT_FALSE(peer.closed);
    world.jump(seconds(-200'000));
    for (int i = 0; i < 44 && !peer.closed; ++i) {
        peer.ask(protocol::Ping{});
        world.pass(seconds(20));
    }
    EXPECT_EQ(peer.closed, CloseCode::token_ended);
}

TEST(Heartbeat, MissedTwiceEndsTheConnection) {
    World world;
    Peer& peer = world.sign_in(world.person("ada"));
    world.pass(seconds(49));
    EXPECT_FALSE(peer.closed);
    peer.ask(protocol::Ping{});
    world.pass(seconds(49));
    EXPECT_FALSE(peer.closed);
    world.pass(seconds(1));
    EXPECT_EQ(peer.closed, CloseCode::going_away);
}

TEST(Heartbeat, IsAnsweredOnceInstantlyHoweverManyAreInAFrame) {
    World world;
    Peer& peer = world.online(world.person("ada"));
    std::string frame;
    for (int i = 0; i < 4000; ++i)
        frame += "{\"type\":\"ping\"}\n";
    const Uuid last = world.next_id();
    frame += R"({"type":"ping","id":")" + last.text() + "\"}";
    peer.send_frame(frame);
    world.settle();
    const auto pongs = peer.take_all<protocol::Pong>();
    EXPECT_FALSE(peer.closed);
    EXPECT_LE(pongs.size(), 16u);
    ASSERT_FALSE(pongs.empty());
    EXPECT_EQ(pongs.back().re, last);
}

}  // namespace
}  // namespace parley::server::test
