#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

namespace parley::server::test {
namespace {

World::Options two_shards() {
    World::Options options;
    options.shards = 2;
    return options;
}

TEST(Device, HasOneConnectionALaterOneReplacesIt) {
    World world;
    const Account ada = world.person("ada");
    Peer& first = world.online(ada);
    Peer& second = world.online(ada);
    EXPECT_EQ(first.closed, CloseCode::replaced);
    EXPECT_FALSE(second.closed);
}

TEST(Device, HasOneConnectionAlsoOverShards) {
    World world(two_shards());
    const Account ada = world.person("ada");
    Peer& first = world.online(ada, 0);
    Peer& second = world.online(ada, 1);
    EXPECT_EQ(first.closed, CloseCode::replaced);
    EXPECT_FALSE(second.closed);
}

TEST(Device, ThatSignsInOnTwoShardsAtOnceKeepsExactlyOneConnection) {
    World world(two_shards());
    const Account ada = world.person("ada");
    Peer& one = world.connect(0);
    Peer& other = world.connect(1);
    one.ask(protocol::Auth{.token = ada.access, .client = "test"});
    other.ask(protocol::Auth{.token = ada.access, .client = "test"});
    world.settle();
    EXPECT_EQ(one.closed, CloseCode::replaced);
    EXPECT_FALSE(other.closed);
}

TEST(Device, OfTheSameAccountStaysConnected) {
    World world;
    const Account ada = world.person("ada");
    Peer& desk = world.online(ada);
    world.online(world.another_device(ada));
    EXPECT_FALSE(desk.closed);
}

TEST(Revocation, EndsTheSessionBeforeItIsAnswered) {
    for (const std::uint32_t shard : {0u, 1u}) {
        World world(two_shards());
        const Account ada = world.person("ada");
        const Account phone = world.another_device(ada);
        Peer& desk = world.online(ada, 0);
        Peer& lost = world.online(phone, shard);
        const Uuid command = desk.ask(protocol::DeviceRevoke{.device = phone.device});
        lost.ask(message(StreamId("c0000000001"), "too late"));
        while (desk.take().empty() && !lost.closed) {
            ASSERT_TRUE(world.write() || world.walk() || world.read() || world.tell_read());
        }
        EXPECT_EQ(lost.closed, CloseCode::revoked);
        world.settle();
        const auto frames_then = lost.frames.size();
        lost.ask(protocol::Ping{});
        world.settle();
        EXPECT_EQ(lost.frames.size(), frames_then);
        (void)command;
    }
}

TEST(Revocation, OfTheOwnDeviceEndsTheOwnSession) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    peer.ask(protocol::DeviceRevoke{.device = ada.device});
    world.settle();
    EXPECT_EQ(peer.closed, CloseCode::revoked);
}

TEST(Revocation, ReachesASessionThatIsJustSigningIn) {
    World world;
    const Account ada = world.person("ada");
    const Account phone = world.another_device(ada);
    Peer& desk = world.online(ada);
    Peer& lost = world.connect();
    lost.ask(protocol::Auth{.token = phone.access, .client = "test"});
    // The device is looked up while it is still there; then it is signed out, before the session knows.
    ASSERT_TRUE(world.read());
    desk.ask(protocol::DeviceRevoke{.device = phone.device});
    ASSERT_TRUE(world.write());
    ASSERT_TRUE(world.walk());
    EXPECT_EQ(lost.closed, CloseCode::revoked);
    world.settle();
    for (const auto& envelope : lost.take())
        EXPECT_FALSE(std::holds_alternative<protocol::AuthOk>(envelope.payload));
}

TEST(Revocation, SaysNothingElseThanThatItCloses) {
    World world;
    const Account ada = world.person("ada");
    const Account phone = world.another_device(ada);
    Peer& desk = world.online(ada);
    Peer& lost = world.online(phone);
    const StreamId group = world.group(desk, {});
    world.settle();
    lost.take();
    lost.reads = false;
    for (const char* text : {"with the kernel", "queued for the phone"}) {
        desk.ask(message(group, text));
        world.settle();
    }
    EXPECT_EQ(texts_of(lost.take()), std::vector<std::string>{"with the kernel"});
    desk.ask(protocol::DeviceRevoke{.device = phone.device});
    world.settle();
    EXPECT_EQ(lost.closed, CloseCode::revoked);
    const auto last = lost.take();
    ASSERT_EQ(last.size(), 1u);
    EXPECT_EQ(std::get<protocol::Closing>(last.front().payload).code, CloseCode::revoked);
}

TEST(Revocation, TakesOnePlaceAmongThoseThatAreKnownWhereAllShardsAreToldFirst) {
    World world;
    std::int64_t device = 0;
    // Fewer than are kept, and told as where there are several shards.
    for (const int count : {3'000, 1'000}) {
        const std::int64_t position = world.shard().walked() + 1;
        Batch batch{.first_position = position, .last_position = position, .effects = {}};
        for (int i = 0; i < count; ++i)
            batch.effects.emplace_back(DeviceRevoked{.account = {1}, .device = {++device}});
        world.shard().handle_revocations(batch, world.now);
        world.shard().handle_batch(std::make_shared<const Batch>(std::move(batch)), world.now);
    }
    EXPECT_FALSE(world.shard().check_not_revoked({1}));
    EXPECT_FALSE(world.shard().check_not_revoked({device}));
}

TEST(RefreshToken, UsedAgainEndsTheSessionAndLetsTheDeviceKeepWhatItHolds) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const auto refresh = [&](const std::string& token) {
        return world.call("POST", "/v1/sessions/refresh", R"({"refresh_token":")" + token + "\"}");
    };
    const auto second =
        protocol::decode<protocol::Session>(refresh(ada.refresh).body, protocol::Encoding::json);
    ASSERT_TRUE(second);
    const auto again =
        protocol::decode<protocol::Session>(refresh(ada.refresh).body, protocol::Encoding::json);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->refresh_token, second->refresh_token);
    ASSERT_EQ(refresh(second->refresh_token).status, 200);
    EXPECT_EQ(code_of(refresh(ada.refresh)), "refresh_reused");
    EXPECT_EQ(peer.closed, CloseCode::not_signed_in);
    const auto by_http = world.call("GET", "/v1/profile", {}, ada.access);
    EXPECT_EQ(by_http.status, 401);
    EXPECT_EQ(code_of(by_http), "refresh_reused");
    Peer& later = world.connect();
    EXPECT_EQ(later.refusal(later.ask(protocol::Auth{.token = ada.access, .client = "test"})),
              ErrorCode::refresh_reused);
    EXPECT_EQ(later.closed, CloseCode::not_signed_in);
}

TEST(RefreshToken, UsedAgainSaysNothingElseThanThatTheSessionCloses) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    world.settle();
    peer.take();
    peer.reads = false;
    for (const char* text : {"with the kernel", "queued for the phone"}) {
        world.call("POST", "/v1/conversations/" + group.text() + "/messages",
                   std::string(R"({"text":")") + text + "\"}", ada.access, world.next_id().text());
    }
    EXPECT_EQ(texts_of(peer.take()), std::vector<std::string>{"with the kernel"});
    std::string token = ada.refresh;
    for (int i = 0; i < 2; ++i) {
        const auto next = world.call("POST", "/v1/sessions/refresh", R"({"refresh_token":")" + token + "\"}");
        token = protocol::decode<protocol::Session>(next.body, protocol::Encoding::json)->refresh_token;
    }
    world.call("POST", "/v1/sessions/refresh", R"({"refresh_token":")" + ada.refresh + "\"}");
    EXPECT_EQ(peer.closed, CloseCode::not_signed_in);
    const auto last = peer.take();
    ASSERT_EQ(last.size(), 1u);
    EXPECT_EQ(std::get<protocol::Closing>(last.front().payload).code, CloseCode::not_signed_in);
}

TEST(Devices, ARevokedOneIsNotAnsweredByACallThatLookedBefore) {
    World world;
    const Account ada = world.person("ada");
    const Account phone = world.another_device(ada);
    const auto get = [&](const Account& account) {
        return world.begin({.method = "GET",
                            .target = "/v1/profile",
                            .authorization = "Bearer " + account.access,
                            .remote = "127.0.0.1"});
    };
    const auto late = get(phone);
    ASSERT_TRUE(world.read()) << "it is there now";
    const auto revoking = world.begin({.method = "DELETE",
                                       .target = "/v1/devices/" + std::string(phone.device.text()),
                                       .authorization = "Bearer " + ada.access,
                                       .idempotency_key = world.next_id().text(),
                                       .remote = "127.0.0.1"});
    const auto done = std::move(world.reads.finished.front());
    world.reads.finished.pop_front();
    world.settle();
    ASSERT_TRUE(*revoking);
    ASSERT_LT((*revoking)->status, 300) << (*revoking)->body;
    EXPECT_FALSE(*late);
    world.shard().handle_done(done.done, world.now);
    ASSERT_TRUE(*late);
    EXPECT_EQ(code_of(**late), "revoked");
    const auto other = get(ada);
    world.settle();
    EXPECT_EQ((*other)->status, 200);
}

TEST(Devices, ARevokedOneIsNotToldWhatItsLastCallDid) {
    World world;
    const Account ada = world.person("ada");
    const Account phone = world.another_device(ada);
    const auto call = [&](const Account& account, std::string method, std::string target, std::string body) {
        const auto begun = world.begin({.method = std::move(method),
                                        .target = std::move(target),
                                        .authorization = "Bearer " + account.access,
                                        .idempotency_key = world.next_id().text(),
                                        .body = std::move(body),
                                        .remote = "127.0.0.1"});
        while (world.read() || world.tell_read()) {
        }
        EXPECT_TRUE(world.write());
        return begun;
    };
    const auto last = call(phone, "PATCH", "/v1/profile", R"({"name":"Ada"})");
    // Nor why it was refused.
    const auto refused =
        call(phone, "POST", "/v1/conversations/c00000000zzz/messages", R"({"text":"hello"})");
    const auto revoking = call(ada, "DELETE", "/v1/devices/" + std::string(phone.device.text()), {});
    // Whoever signed it out may know by now, of another shard.
    ASSERT_EQ(world.batches.size(), 3u);
    world.shard().handle_revocations(world.batches.back()->batch(), world.now);
    world.settle();
    ASSERT_TRUE(*last && *revoking);
    EXPECT_EQ(code_of(**last), "revoked");
    ASSERT_TRUE(*refused);
    EXPECT_EQ(code_of(**refused), "revoked");
    EXPECT_LT((*revoking)->status, 300) << (*revoking)->body;
    // Who signs himself out is told.
    const auto leaving = call(ada, "DELETE", "/v1/devices/" + std::string(ada.device.text()), {});
    world.settle();
    ASSERT_TRUE(*leaving);
    EXPECT_LT((*leaving)->status, 300) << (*leaving)->body;
}

}  // namespace
}  // namespace parley::server::test
