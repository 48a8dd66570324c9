#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The line without what differs from one session to the next.
std::string line(World& world, std::string_view event) {
    const auto found = world.lines.with("event=" + std::string(event));
    EXPECT_EQ(found.size(), 1u) << event;
    return found.empty() ? "" : found.back();
}

TEST(LogLines, FollowASessionFromSigningInToItsEnd) {
    World world;
    const Account ada = world.person("ada");
    EXPECT_THAT(line(world, "\"tokens given\""),
                HasSubstr("info event=\"tokens given\" path=/v1/accounts account=" + ada.id.text() +
                          " device=" + ada.device.text()));
    Peer& peer = world.connect();
    const auto answer = peer.answer(peer.ask(protocol::Auth{.token = ada.access, .client = "test"}));
    const std::string who = " session=" + std::get<protocol::AuthOk>(answer.payload).session.text() +
                            " account=" + ada.id.text() + " device=" + ada.device.text();
    EXPECT_EQ(line(world, "\"signed in\""), "info event=\"signed in\"" + who);
    world.pass(seconds(3));
    peer.disconnect();
    EXPECT_EQ(line(world, "disconnected"), "info event=disconnected" + who + " after=3000ms");
}

TEST(LogLines, SayWithWhatCodeASessionWasClosed) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    peer.ask(protocol::DeviceRevoke{.device = ada.device});
    world.settle();
    EXPECT_THAT(line(world, "closed"), HasSubstr(" code=\"4004 revoked\""));
    world.lines.all.clear();
    Peer& drained = world.online(world.person("bob"));
    world.shard().drain(seconds(1), world.now);
    EXPECT_EQ(drained.closed, CloseCode::going_away);
    EXPECT_THAT(line(world, "closed"), HasSubstr("info event=closed session="));
    EXPECT_THAT(line(world, "closed"), HasSubstr(" code=\"1001 going_away\""));
    EXPECT_TRUE(world.lines.with("event=disconnected").empty()) << "one end, one line";
}

TEST(LogLines, OfStrangersAreForDebugging) {
    World world;
    world.connect();
    world.pass(seconds(10));
    EXPECT_THAT(line(world, "closed"), HasSubstr("debug event=closed session="));
    EXPECT_THAT(line(world, "connected"), HasSubstr("debug "));
}

TEST(LogLines, OfWrongPasswordsAreForTheOperatorAndOtherRefusalsForDebugging) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.connect();
    peer.ask(protocol::Auth{.token = "nonsense", .client = "test"});
    EXPECT_THAT(line(world, "\"sign-in refused\""), HasSubstr("debug "));
    EXPECT_THAT(line(world, "\"sign-in refused\""), HasSubstr(" code=token_invalid"));
    world.lines.all.clear();
    const auto wrong = R"({"handle":"ada","password":"wrong and long","device_name":"x"})";
    for (int i = 0; i < 6; ++i)
        world.call("POST", "/v1/sessions", wrong);
    EXPECT_EQ(world.lines.with("info event=\"sign-in refused\" path=/v1/sessions code=credentials").size(),
              5u);
    EXPECT_EQ(world.lines.with("debug event=\"sign-in refused\" path=/v1/sessions code=rate_limited").size(),
              1u);
    world.lines.all.clear();
    world.call("POST", "/v1/sessions/refresh", R"({"refresh_token":"nonsense"})");
    EXPECT_THAT(line(world, "\"sign-in refused\""),
                HasSubstr("debug event=\"sign-in refused\" path=/v1/sessions/refresh code=token_invalid"));
}

TEST(LogLines, OfOneWhoWasSignedOutAreForDebugging) {
    World world;
    const Account ada = world.person("ada");
    world.call("DELETE", "/v1/sessions/current", {}, ada.access);
    world.lines.all.clear();
    Peer& peer = world.connect();
    peer.ask(protocol::Auth{.token = ada.access, .client = "test"});
    world.settle();
    EXPECT_EQ(peer.closed, CloseCode::revoked);
    EXPECT_THAT(line(world, "\"sign-in refused\""), HasSubstr("debug event=\"sign-in refused\" session="));
}

TEST(LogLines, ThatNobodyWantsAreNotMade) {
    World world;
    const Account ada = world.person("ada");
    world.lines.all.clear();
    world.lines.least = LogLevel::info;
    Peer& peer = world.sign_in(ada);
    peer.ask(message(StreamId("c0000000001"), "to nobody"));
    world.settle();
    EXPECT_TRUE(world.lines.with("debug ").empty()) << world.lines.with("debug ").front();
    EXPECT_FALSE(world.lines.all.empty());
}

TEST(Metrics, CountSignInsThatWereRefusedAndNothingElse) {
    World world;
    const Account ada = world.person("ada");
    const auto refused = [&] {
        return world.shard_metrics.front()->sign_ins_refused.value();
    };
    const auto taken = R"({"handle":"ada","password":"long enough","device_name":"x"})";
    EXPECT_EQ(code_of(world.call("POST", "/v1/accounts", taken)), "handle_taken");
    EXPECT_EQ(refused(), 0) << "a registration is no sign-in";
    world.reads.full = true;
    Peer& unlucky = world.connect();
    unlucky.ask(protocol::Auth{.token = ada.access, .client = "x"});
    EXPECT_EQ(unlucky.closed, CloseCode::try_later);
    EXPECT_EQ(refused(), 0) << "a server that is busy refuses nobody";
    world.reads.full = false;
    world.connect().ask(protocol::Auth{.token = "nonsense", .client = "x"});
    EXPECT_EQ(refused(), 1);
    world.call("POST", "/v1/sessions", R"({"handle":"ada","password":"wrong one","device_name":"x"})");
    EXPECT_EQ(refused(), 2);
    world.call("POST", "/v1/sessions/refresh", R"({"refresh_token":"nonsense"})");
    EXPECT_EQ(refused(), 3);
}

TEST(LogLines, NameRefusalsAndCallsForDebugging) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const Uuid id = peer.ask(message(StreamId("c0000000001"), "to nobody"));
    world.settle();
    EXPECT_THAT(line(world, "refused"), HasSubstr(" code=conversation.not_member command=" + id.text()));
    world.lines.all.clear();
    world.call("GET", "/v1/conversations/c0000000001/members", {}, ada.access);
    world.call("GET", "/v1/nothing/at/all");
    EXPECT_THAT(world.lines.all,
                ElementsAre("debug event=called method=GET path=/v1/conversations/{stream}/members status=404"
                            " account=" +
                                ada.id.text() + " device=" + ada.device.text(),
                            "debug event=called method=unknown path=unknown status=404"));
}

TEST(LogLines, SayThatASlowConnectionFellBack) {
    World::Options options;
    options.shard.session_queue_bytes_max = 20'000;
    World world(options);
    const Account ada = world.person("ada");
    Peer& writer = world.online(ada);
    Peer& reader = world.online(world.another_device(ada));
    const StreamId group = world.group(writer, {});
    reader.reads = false;
    for (int i = 0; i < 50; ++i) {
        writer.ask(message(group, std::string(1'000, 'x')));
        world.settle();
    }
    EXPECT_THAT(line(world, "\"fell back\""), HasSubstr(" queued_bytes=1"));
}

}  // namespace
}  // namespace parley::server::test
