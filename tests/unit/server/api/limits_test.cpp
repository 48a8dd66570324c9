#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace parley::server::test {
namespace {

World::Options slow_rates() {
    World::Options options;
    options.rates = {.messages_per_second = 5, .messages_burst = 10};
    return options;
}

const protocol::ErrorReply* error_of(const protocol::Envelope& envelope) {
    return std::get_if<protocol::ErrorReply>(&envelope.payload);
}

TEST(Limits, OnMessagesSayWhenToTryAgain) {
    World world(slow_rates());
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    for (int i = 0; i < 9; ++i)
        EXPECT_FALSE(error_of(peer.answer(peer.ask(message(group, "x")))));
    const auto refused = peer.answer(peer.ask(message(group, "x")));
    ASSERT_TRUE(error_of(refused));
    EXPECT_EQ(error_of(refused)->code, ErrorCode::rate_limited);
    ASSERT_EQ(error_of(refused)->retry_after_ms, 200);
    world.pass(milliseconds(199));
    EXPECT_EQ(peer.refusal(peer.ask(message(group, "x"))), ErrorCode::rate_limited);
    world.pass(milliseconds(1));
    EXPECT_FALSE(error_of(peer.answer(peer.ask(message(group, "x")))));
}

TEST(Limits, CountOverAllDevicesAndDoors) {
    World world(slow_rates());
    const Account ada = world.person("ada");
    Peer& desk = world.online(ada);
    Peer& phone = world.online(world.another_device(ada));
    const StreamId group = world.group(desk, {});
    for (int i = 0; i < 9; ++i)
        desk.answer(desk.ask(message(group, "x")));
    EXPECT_EQ(phone.refusal(phone.ask(message(group, "x"))), ErrorCode::rate_limited);
    const auto response = world.call("POST", "/v1/conversations/" + group.text() + "/messages",
                                     R"({"text":"x"})", ada.access, world.next_id().text());
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(code_of(response), "rate_limited");
}

TEST(Limits, NeverBlockAcksReadsPingsAndSigningOut) {
    World world(slow_rates());
    const Account ada = world.person("ada");
    const Account bob = world.person("bob");
    Peer& peer = world.online(ada);
    Peer& other = world.online(bob);
    const StreamId group = world.group(peer, {bob});
    const auto seq = *peer.answer(peer.ask(message(group, "x"))).seq;
    for (int i = 0; i < 20; ++i)
        peer.answer(peer.ask(message(group, "x")));
    ASSERT_EQ(peer.refusal(peer.ask(message(group, "x"))), ErrorCode::rate_limited);
    EXPECT_FALSE(error_of(peer.answer(peer.ask(protocol::Read{.target = {.stream = group}, .upto = seq}))));
    EXPECT_FALSE(error_of(peer.answer(peer.ask(protocol::Changes{.stream = group}))));
    EXPECT_FALSE(error_of(peer.answer(peer.ask(protocol::Ping{}))));
    other.take();
    peer.ask(protocol::Ack{.streams = {{.stream = group, .seq = seq}}});
    world.pass(milliseconds(200));
    EXPECT_FALSE(other.take_all<protocol::Receipt>().empty());
    peer.ask(protocol::DeviceRevoke{.device = ada.device});
    world.settle();
    EXPECT_EQ(peer.closed, CloseCode::revoked);
}

TEST(Limits, OnUnansweredCommandsRefuseTheRest) {
    World world;
    Peer& peer = world.online(world.person("ada"));
    const StreamId group = world.group(peer, {});
    for (int i = 0; i < 64; ++i)
        peer.ask(message(group, "x"));
    const Uuid last = peer.ask(message(group, "one too many"));
    EXPECT_EQ(world.writes.queue.size(), 64u);
    EXPECT_EQ(peer.refusal(last), ErrorCode::rate_limited);
    EXPECT_FALSE(error_of(peer.answer(peer.ask(message(group, "now there is room")))));
}

/// Every request that reads or signs out; the last one is of another device.
std::vector<protocol::Payload> readings(const StreamId& group, const Account& account) {
    return {protocol::Read{.target = {.stream = group}, .upto = 1},
            protocol::Changes{.stream = group},
            protocol::Page{.stream = group, .before = 0},
            protocol::Rows{.stream = group, .kind = protocol::RowKind::member},
            protocol::Subscribe{.stream = group},
            protocol::ProfileFind{.accounts = {account.id}},
            protocol::Ping{},
            protocol::DeviceRevoke{.device = account.device}};
}

TEST(Limits, NeverRefuseReadingAndSigningOutHoweverMuchIsUnanswered) {
    World world;
    const Account ada = world.person("ada");
    const Account lost = world.another_device(ada);
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    for (int i = 0; i < 64; ++i)
        peer.ask(message(group, "x"));
    std::vector<Uuid> asked;
    for (int i = 0; i < 30; ++i) {
        for (const protocol::Payload& payload : readings(group, lost))
            asked.push_back(peer.ask(payload));
    }
    peer.ask(protocol::Ack{.streams = {{.stream = group, .seq = 3}}});
    EXPECT_EQ(world.writes.queue.size(), 64u);
    EXPECT_FALSE(peer.takes_frames) << "they wait with the peer";
    EXPECT_EQ(peer.unsent.size(), asked.size()) << "no more than a frame is held";
    world.settle();
    EXPECT_TRUE(peer.takes_frames);
    EXPECT_TRUE(peer.unsent.empty());
    std::size_t answered = 0;
    for (const protocol::Envelope& envelope : peer.take()) {
        EXPECT_FALSE(error_of(envelope)) << error_of(envelope)->message;
        if (answered < asked.size() && envelope.re && std::ranges::find(asked, *envelope.re) != asked.end())
            ++answered;
    }
    EXPECT_EQ(answered, asked.size());
    EXPECT_FALSE(peer.closed);
    Peer& revoked = world.sign_in(lost);
    EXPECT_EQ(revoked.closed, CloseCode::revoked);
}

TEST(Limits, HoldWhatStandsInOneFrameInItsOrder) {
    World world;
    Peer& peer = world.online(world.person("ada"));
    const StreamId group = world.group(peer, {});
    std::string frame;
    std::vector<Uuid> ids;
    const auto add = [&](protocol::Payload payload) {
        protocol::Envelope envelope;
        envelope.id = ids.emplace_back(world.next_id());
        envelope.payload = std::move(payload);
        std::string text;
        protocol::append_envelope(text, envelope, peer.encoding);
        protocol::append_to_frame(frame, text, peer.encoding);
    };
    for (int i = 0; i < 64; ++i)
        add(message(group, "x"));
    for (int i = 0; i < 100; ++i)
        add(protocol::Read{.target = {.stream = group}, .upto = 3 + i % 60});
    add(message(group, "the last one"));
    peer.send_frame(frame);
    EXPECT_EQ(world.writes.queue.size(), 64u);
    world.settle();
    std::vector<Uuid> answered;
    for (const protocol::Envelope& envelope : peer.take()) {
        EXPECT_FALSE(error_of(envelope));
        if (envelope.re) answered.push_back(*envelope.re);
    }
    EXPECT_EQ(answered, ids);
}

TEST(Limits, AConnectionThatIsHeldBackIsNotTakenForSilent) {
    World world;
    Peer& peer = world.online(world.person("ada"));
    const StreamId group = world.group(peer, {});
    for (int i = 0; i < 64; ++i)
        peer.ask(message(group, "x"));
    peer.ask(protocol::Changes{.stream = group});
    const std::vector<Work> stuck = std::exchange(world.writes.queue, {});
    world.pass(seconds(60));
    EXPECT_FALSE(peer.closed);
    world.writes.queue = stuck;
    world.settle();
    EXPECT_TRUE(peer.takes_frames);
    world.pass(seconds(49));
    EXPECT_FALSE(peer.closed);
    world.pass(seconds(1));
    EXPECT_EQ(peer.closed, CloseCode::going_away) << "now it is";
}

TEST(Limits, OfMessagesLeaveReadingAcksAndSigningOutAloneOnEveryWay) {
    World world(slow_rates());
    const Account ada = world.person("ada");
    const Account lost = world.another_device(ada);
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    for (int i = 0; i < 9; ++i)
        peer.answer(peer.ask(message(group, "x")));
    ASSERT_EQ(peer.refusal(peer.ask(message(group, "x"))), ErrorCode::rate_limited);
    for (const protocol::Payload& payload : readings(group, lost))
        EXPECT_FALSE(error_of(peer.answer(peer.ask(payload))));
    const auto path = "/v1/conversations/" + group.text();
    for (const auto& target :
         {std::string("/v1/conversations"), path + "/messages?before=0", path + "/changes", path + "/members",
          std::string("/v1/devices"), std::string("/v1/profile")})
        EXPECT_EQ(world.call("GET", target, {}, ada.access).status, 200) << target;
    EXPECT_EQ(world.call("POST", "/v1/profiles", R"({"handles":["ada"]})", ada.access).status, 200);
    EXPECT_EQ(world.call("POST", path + "/read", R"({"upto":3})", ada.access, world.next_id().text()).status,
              200);
    EXPECT_EQ(world.call("POST", "/v1/ack", R"({"streams":[]})", ada.access).status, 204);
    const Account third = world.another_device(ada);
    EXPECT_EQ(
        world.call("DELETE", "/v1/devices/" + third.device.text(), {}, ada.access, world.next_id().text())
            .status,
        200);
    EXPECT_EQ(peer.refusal(peer.ask(message(group, "x"))), ErrorCode::rate_limited) << "still";
    EXPECT_EQ(world.call("DELETE", "/v1/sessions/current", {}, ada.access).status, 204);
}

TEST(Limits, OfQueuesAreUnavailable) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    world.writes.full = true;
    EXPECT_EQ(peer.refusal(peer.ask(message(group, "x"))), ErrorCode::unavailable);
    EXPECT_EQ(code_of(world.call("POST", "/v1/invites", "{}", ada.access, world.next_id().text())),
              "unavailable");
    world.writes.full = false;
    world.reads.full = true;
    EXPECT_EQ(peer.refusal(peer.ask(protocol::Changes{.stream = group})), ErrorCode::unavailable);
    EXPECT_EQ(code_of(world.call("GET", "/v1/profile", {}, ada.access)), "unavailable");
    Peer& late = world.connect();
    EXPECT_EQ(late.refusal(late.ask(protocol::Auth{.token = ada.access, .client = "x"})),
              ErrorCode::unavailable);
    EXPECT_EQ(late.closed, CloseCode::try_later);
    world.reads.full = false;
    world.hashes.full = true;
    const auto body = R"({"handle":"eve","password":"long enough","device_name":"x"})";
    EXPECT_EQ(code_of(world.call("POST", "/v1/accounts", body)), "unavailable");
    const auto sign_in = R"({"handle":"ada","password":"correct horse battery","device_name":"x"})";
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(code_of(world.call("POST", "/v1/sessions", sign_in)), "unavailable");
    world.hashes.full = false;
    EXPECT_EQ(world.call("POST", "/v1/sessions", sign_in).status, 201)
        << "what was not tried was not counted";
}

TEST(Limits, OfReadersDelayAResumeAndDoNotLoseIt) {
    World world;
    Peer& peer = world.sign_in(world.person("ada"));
    world.reads.full = true;
    peer.ask(protocol::Resume{});
    world.pass(seconds(1));
    world.reads.full = false;
    world.pass(seconds(1));
    EXPECT_EQ(peer.take_all<protocol::Resumed>().size(), 1u);
}

TEST(Limits, OfAcksKeepThemUntilTheWriterTakesThem) {
    World world;
    const Account bob = world.person("bob");
    Peer& writer = world.online(world.person("ada"));
    Peer& reader = world.online(bob);
    const StreamId group = world.group(writer, {bob});
    const auto seq = *writer.answer(writer.ask(message(group, "x"))).seq;
    world.writes.full = true;
    reader.ask(protocol::Ack{.streams = {{.stream = group, .seq = seq}}});
    world.pass(seconds(1));
    writer.take();
    world.writes.full = false;
    world.pass(seconds(1));
    EXPECT_EQ(writer.take_all<protocol::Receipt>().size(), 1u);
}

TEST(Refusal, OfCommandsWithoutAProperId) {
    World world;
    Peer& peer = world.online(world.person("ada"));
    const auto refused = [&](const std::string& id) {
        peer.send_frame(R"({"type":"conversation.create",)" + id + R"("payload":{"title":"x"}})");
        world.settle();
        const auto came = peer.take();
        EXPECT_EQ(came.size(), 1u);
        const auto* error = error_of(came.front());
        EXPECT_TRUE(error);
        if (error) {
            EXPECT_EQ(error->field, "id");
        }
        return error ? error->code : ErrorCode{};
    };
    EXPECT_EQ(refused(""), ErrorCode::malformed);
    EXPECT_EQ(refused(R"("id":"00000000-0000-1000-8000-000000000001",)"), ErrorCode::invalid);
    EXPECT_TRUE(world.writes.queue.empty());
}

TEST(Refusal, OfWhatOnlyServersSay) {
    World world;
    Peer& peer = world.online(world.person("ada"));
    for (const protocol::Payload& payload :
         {protocol::Payload(protocol::Pong{}), protocol::Payload(protocol::Hello{.version = 1}),
          protocol::Payload(protocol::Done{}), protocol::Payload(protocol::MessageAccepted{})}) {
        EXPECT_EQ(peer.refusal(peer.ask(payload)), ErrorCode::unknown_type);
    }
}

TEST(Refusal, OfFramesThatAreNoEnvelopesClosesWith4003) {
    for (const protocol::Encoding encoding : {protocol::Encoding::json, protocol::Encoding::cbor}) {
        World world;
        Peer& peer = world.online(world.person("ada"), 0, encoding);
        peer.send_frame("[[[");
        EXPECT_EQ(peer.closed, CloseCode::malformed);
        const auto came = peer.take();
        EXPECT_EQ(std::get<protocol::Closing>(came.back().payload).code, CloseCode::malformed);
        EXPECT_EQ(world.shard().connections(), 0u);
    }
}

TEST(Refusal, OfOneEnvelopeLeavesItsNeighboursAlone) {
    World world;
    Peer& peer = world.online(world.person("ada"));
    peer.send_frame(R"({"type":"launch","id":"00000000-0000-7000-8000-000000000001"})"
                    "\n"
                    R"({"type":"ping","id":"00000000-0000-7000-8000-000000000002"})");
    world.settle();
    const auto came = peer.take();
    ASSERT_EQ(came.size(), 2u);
    EXPECT_EQ(error_of(came[0])->code, ErrorCode::unknown_type);
    EXPECT_EQ(came[0].re, Uuid::parse("00000000-0000-7000-8000-000000000001"));
    EXPECT_TRUE(std::holds_alternative<protocol::Pong>(came[1].payload));
}

TEST(Drain, SaysWhenToComeBackAndSpreadsThat) {
    World world;
    std::vector<Peer*> peers;
    for (const char* handle : {"ada", "bob", "cora", "dan"})
        peers.push_back(&world.online(world.person(handle)));
    for (Peer* peer : peers)
        peer->take();
    world.shard().drain(seconds(4), world.now);
    std::vector<std::int64_t> after;
    for (Peer* peer : peers) {
        EXPECT_EQ(peer->closed, CloseCode::going_away);
        const auto came = peer->take();
        ASSERT_EQ(came.size(), 1u);
        after.push_back(std::get<protocol::Closing>(came.front().payload).reconnect_after_ms.value_or(-1));
    }
    EXPECT_EQ(after, (std::vector<std::int64_t>{0, 1000, 2000, 3000}));
    EXPECT_EQ(world.shard().connections(), 0u);
}

TEST(Drain, AnswersWhatWasTakenFirst) {
    World world;
    Peer& peer = world.online(world.person("ada"));
    const StreamId group = world.group(peer, {});
    const Uuid id = peer.ask(message(group, "just in time"));
    while (world.write() || world.walk()) {
    }
    world.shard().drain(seconds(1), world.now);
    const auto came = peer.take();
    ASSERT_EQ(came.size(), 2u);
    EXPECT_EQ(came.front().re, id);
    EXPECT_TRUE(std::holds_alternative<protocol::Closing>(came.back().payload));
}

TEST(Limits, BodiesOf48KiBAreTakenAsPayloads) {
    World world;
    const Account ada = world.person("ada");
    const StreamId group = world.group(world.online(ada), {});
    // Around the text: a map of 1, names of 5 + 6 bytes, "x" of 2, and 3.
    const auto sent = [&](std::size_t bytes) {
        return world.call("POST", "/v1/conversations/" + group.text() + "/messages",
                          R"({"text":"x","later":")" + std::string(bytes - 17, 'x') + R"("})", ada.access,
                          world.next_id().text());
    };
    EXPECT_EQ(sent(49'152).status, 200);
    const auto refused = sent(49'153);
    EXPECT_NE(refused.body.find(R"("code":"limit")"), std::string::npos) << refused.body;
    EXPECT_NE(refused.body.find(R"("field":"payload")"), std::string::npos) << refused.body;
}

}  // namespace
}  // namespace parley::server::test
