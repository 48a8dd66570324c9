// Blocks, as sessions and HTTP tell them.

#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {
namespace {

using protocol::BlockChanged;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// Ada and Bob, who are live on shards of their own, with a conversation of the two.
class Blocks : public testing::Test {
  protected:
    Blocks() : world({.shards = 2}), ada(world.person("ada")), bob(world.person("bob")) {
        direct =
            his.answer(his.ask(protocol::MessageSend{.target = {.direct = ada.id}, .text = "hello"})).stream;
        world.settle();
        forget();
    }

    void forget() {
        for (Peer* peer : {&hers, &his})
            peer->take();
    }
    void block(bool blocked = true) {
        hers.answer(hers.ask(protocol::BlockSet{.account = bob.id, .blocked = blocked}));
        world.settle();
        forget();
    }
    static std::size_t heard(Peer& peer) { return peer.take_all<protocol::TypingChanged>().size(); }
    void type(Peer& peer) {
        world.pass(milliseconds(limits::typing_ms_min));
        peer.ask(protocol::Typing{.stream = direct, .kind = std::nullopt});
        world.settle();
    }
    HttpResponse call(const Account& by, const std::string& method, const std::string& path,
                      const std::string& body = {}) {
        return world.call(method, path, body, by.access, method == "GET" ? "" : world.next_id().text());
    }

    World world;
    Account ada;
    Account bob;
    Peer& hers = world.online(ada);
    Peer& his = world.online(bob, 1, protocol::Encoding::cbor);
    StreamId direct;
};

TEST_F(Blocks, AreToldToTheBlockersDevicesAndToNobodyElse) {
    Peer& second = world.online(world.another_device(ada), 1);
    world.settle();
    second.take();
    hers.ask(protocol::BlockSet{.account = bob.id, .blocked = true});
    world.settle();
    const auto told = second.take_all<BlockChanged>();
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_EQ(std::get<BlockChanged>(told[0].payload), (BlockChanged{.account = bob.id, .blocked = true}));
    EXPECT_THAT(his.take(), IsEmpty());
}

TEST_F(Blocks, PutANumberInThePlaceOfWhatIsNotSeen) {
    block();
    const Uuid sent = his.ask(message(direct, "meanwhile"));
    world.settle();
    const auto answered = his.take();
    ASSERT_THAT(answered, SizeIs(1));
    EXPECT_EQ(answered[0].re, sent);
    EXPECT_TRUE(std::holds_alternative<protocol::MessageAccepted>(answered[0].payload)) << "he is not told";
    const auto skipped = hers.take();
    ASSERT_THAT(skipped, SizeIs(1));
    EXPECT_TRUE(std::holds_alternative<protocol::Skip>(skipped[0].payload));
    EXPECT_EQ(skipped[0].seq, answered[0].seq);
    EXPECT_EQ(skipped[0].stream, direct);
    Peer& late = world.online(world.another_device(ada));
    world.settle();
    for (const auto& envelope : late.take())
        EXPECT_THAT(protocol::describe(envelope), Not(HasSubstr("meanwhile")));
}

TEST_F(Blocks, LetNoReceiptPass) {
    block();
    hers.ask(protocol::Read{.target = {.stream = direct}, .upto = 4});
    world.settle();
    EXPECT_THAT(his.take(), IsEmpty());
    his.ask(message(direct, "meanwhile"));
    hers.ask(protocol::Ack{.streams = {{.stream = direct, .seq = 5}}});
    world.pass(seconds(5));
    world.settle();
    EXPECT_THAT(his.take_all<protocol::Receipt>(), IsEmpty());
}

TEST_F(Blocks, LetNobodySeeTheOtherType) {
    for (Peer* peer : {&hers, &his})
        peer->ask(protocol::Look{.streams = {direct}});
    type(his);
    EXPECT_EQ(heard(hers), 1u);
    block();
    type(his);
    EXPECT_EQ(heard(hers), 0u);
    type(hers);
    EXPECT_EQ(heard(his), 0u);
    // Whoever comes later knows of it as well, and by HTTP it is the same.
    Peer& late = world.online(world.another_device(ada), 1);
    Peer& simple = world.sign_in(world.another_device(ada));
    late.ask(protocol::Look{.streams = {direct}});
    simple.answer(simple.ask(protocol::Subscribe{.stream = direct, .after = 0}));
    world.settle();
    late.take();
    simple.take();
    type(his);
    EXPECT_EQ(heard(late), 0u);
    EXPECT_EQ(heard(simple), 0u);
    his.take();
    EXPECT_EQ(call(ada, "POST", "/v1/conversations/" + direct.text() + "/typing", "{}").status, 204);
    world.settle();
    EXPECT_EQ(heard(his), 0u);
    block(false);
    type(his);
    EXPECT_EQ(heard(hers), 1u);
    EXPECT_EQ(heard(late), 1u);
    EXPECT_EQ(heard(simple), 1u);
    type(hers);
    EXPECT_EQ(heard(his), 1u);
}

TEST_F(Blocks, AreMadeListedAndEndedByHttp) {
    const std::string path = "/v1/blocks/" + bob.id.text();
    EXPECT_EQ(call(ada, "PUT", path, R"({"blocked":true})").status, 200);
    const auto list = call(ada, "GET", "/v1/blocks");
    EXPECT_EQ(list.status, 200);
    EXPECT_THAT(list.body, HasSubstr(bob.id.text()));
    EXPECT_THAT(call(bob, "GET", "/v1/blocks").body, Not(HasSubstr(ada.id.text())));
    EXPECT_EQ(call(ada, "POST", "/v1/direct/" + bob.id.text() + "/messages", R"({"text":"hi"})").status, 409);
    EXPECT_EQ(call(bob, "POST", "/v1/direct/" + ada.id.text() + "/messages", R"({"text":"hi"})").status, 200);
    EXPECT_THAT(call(ada, "GET", "/v1/conversations/" + direct.text() + "/messages?before=0").body,
                Not(HasSubstr("\"hi\"")));
    EXPECT_EQ(call(ada, "DELETE", path).status, 200);
    EXPECT_THAT(call(ada, "GET", "/v1/blocks").body, Not(HasSubstr(bob.id.text())));
    EXPECT_EQ(call(ada, "PUT", "/v1/blocks/" + ada.id.text(), R"({"blocked":true})").status, 422);
    EXPECT_EQ(call(ada, "PUT", "/v1/blocks/nobody", R"({"blocked":true})").status, 404);
    EXPECT_EQ(call(ada, "PUT", path, "{}").status, 400);
    EXPECT_EQ(world.call("GET", "/v1/blocks").status, 401);
}

}  // namespace
}  // namespace parley::server::test
