#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace parley::server::test {
namespace {

using protocol::PinChanged;
using testing::HasSubstr;
using testing::Not;

class Pins : public testing::Test {
  protected:
    Pins() : ada(world.person("ada")), bob(world.person("bob")) {}

    World world;
    Account ada;
    Account bob;
    Peer& desk = world.online(ada);
    Peer& other = world.online(bob, 0, protocol::Encoding::cbor);
    StreamId group = world.group(desk, {bob});
    Uuid said = desk.ask(message(group, "hello"));
};

TEST_F(Pins, ReachEverybodyWhoSeesTheMessageAndNobodyElse) {
    const Account eve = world.person("eve");
    Peer& late = world.online(eve);
    desk.answer(desk.ask(protocol::MemberAdd{.target = {.stream = group}, .accounts = {eve.id}}));
    world.settle();
    for (Peer* peer : {&desk, &other, &late})
        peer->take();
    const Uuid command = desk.ask(protocol::MessagePin{.target = {.stream = group}, .message = said});
    world.settle();
    const auto own = desk.take();
    ASSERT_EQ(own.size(), 2u);
    const auto& pin = std::get<PinChanged>(own[0].payload);
    EXPECT_EQ(pin.id, said);
    EXPECT_EQ(pin.by, ada.id);
    EXPECT_EQ(own[1].re, command);
    EXPECT_EQ(own[1].seq, own[0].seq);
    const auto heard = other.take();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].payload, own[0].payload);
    const auto skipped = late.take();
    ASSERT_EQ(skipped.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<protocol::Skip>(skipped[0].payload));
}

TEST_F(Pins, GoByHttpToo) {
    world.settle();
    const std::string conversation = "/v1/conversations/" + group.text();
    const std::string path = conversation + "/messages/" + said.text() + "/pin";
    const auto call = [&](const std::string& method, const std::string& where, const std::string& body,
                          const Account& by) {
        return world.call(method, where, body, by.access, world.next_id().text());
    };
    EXPECT_EQ(call("PUT", path, "{}", ada).status, 200);
    EXPECT_THAT(call("GET", conversation + "/settings", {}, bob).body, HasSubstr("pin.changed"));
    const std::string hers = R"("sender":")" + ada.id.text() + '"';
    EXPECT_EQ(code_of(call("PUT", path, "{" + hers + "}", bob)), "not_allowed");
    EXPECT_EQ(code_of(call("PUT", conversation + "/messages/nonsense/pin", "{}", ada)), "malformed");
    EXPECT_EQ(call("PUT", path, R"({"remove":true,)" + hers + "}", ada).status, 200);
    EXPECT_THAT(call("GET", conversation + "/settings", {}, bob).body, Not(HasSubstr("pin.changed")));
}

}  // namespace
}  // namespace parley::server::test
