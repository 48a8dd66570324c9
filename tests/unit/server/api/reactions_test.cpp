#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace parley::server::test {
namespace {

using protocol::MessageReacted;
using protocol::ReactionChanged;
using testing::HasSubstr;
using testing::Not;

const std::string thumb = "\U0001F44D";

class Reactions : public testing::Test {
  protected:
    Reactions() : ada(world.person("ada")), bob(world.person("bob")) {}

    protocol::MessageReact reaction(bool remove = false) const {
        return {
            .target = {.stream = group}, .message = said, .sender = ada.id, .emoji = thumb, .remove = remove};
    }

    World world;
    Account ada;
    Account bob;
    Peer& desk = world.online(ada);
    Peer& other = world.online(bob, 0, protocol::Encoding::cbor);
    StreamId group = world.group(desk, {bob});
    Uuid said = desk.ask(message(group, "hello"));
};

TEST_F(Reactions, ReachEverybodyWhoSeesTheMessageAndNobodyElse) {
    const Account eve = world.person("eve");
    Peer& late = world.online(eve);
    desk.answer(desk.ask(protocol::MemberAdd{.target = {.stream = group}, .accounts = {eve.id}}));
    world.settle();
    for (Peer* peer : {&desk, &other, &late})
        peer->take();
    const Uuid command = other.ask(reaction());
    world.settle();
    const auto own = other.take();
    ASSERT_EQ(own.size(), 2u);
    EXPECT_EQ(std::get<ReactionChanged>(own[0].payload).emoji, thumb);
    EXPECT_EQ(own[1].re, command);
    EXPECT_EQ(own[1].stream, group);
    EXPECT_EQ(own[1].seq, own[0].seq);
    EXPECT_EQ(std::get<MessageReacted>(own[1].payload).born, own[0].seq);
    const auto heard = desk.take();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].payload, own[0].payload);
    EXPECT_FALSE(heard[0].id);
    const auto skipped = late.take();
    ASSERT_EQ(skipped.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<protocol::Skip>(skipped[0].payload));
    EXPECT_EQ(skipped[0].seq, own[0].seq);
    // Who is out hears nothing.
    other.answer(other.ask(protocol::ConversationLeave{.target = {.stream = group}}));
    world.settle();
    other.take();
    desk.answer(desk.ask(reaction()));
    world.settle();
    EXPECT_TRUE(other.take().empty());
}

TEST_F(Reactions, GoByHttpToo) {
    world.settle();
    const std::string message = "/v1/conversations/" + group.text() + "/messages";
    const std::string path = message + "/" + said.text() + "/reactions";
    const auto call = [&](const std::string& method, const std::string& where, const std::string& body,
                          const Account& by) {
        return world.call(method, where, body, by.access, world.next_id().text());
    };
    const std::string hers = R"(,"sender":")" + ada.id.text() + "\"}";
    const auto done = call("PUT", path, R"({"emoji":")" + thumb + '"' + hers, bob);
    EXPECT_EQ(done.status, 200);
    EXPECT_THAT(done.body, HasSubstr("message.reacted"));
    EXPECT_THAT(call("GET", message + "?before=0", {}, ada).body, HasSubstr("reaction.changed"));
    EXPECT_EQ(code_of(call("PUT", path, R"({"emoji":"yes")" + hers, bob)), "invalid");
    EXPECT_EQ(code_of(call("PUT", path, "{}", bob)), "malformed");
    EXPECT_EQ(code_of(call("PUT", path, R"({"emoji":")" + thumb + "\"}", bob)), "message.not_found");
    EXPECT_EQ(code_of(call("PUT", message + "/nonsense/reactions", R"({"emoji":"x"})", bob)), "malformed");
    EXPECT_EQ(call("PUT", path, R"({"emoji":")" + thumb + R"(","remove":true)" + hers, bob).status, 200);
    EXPECT_THAT(call("GET", message + "?before=0", {}, ada).body, Not(HasSubstr(thumb)));
    const auto part = call("GET", message + "?before=0&rest_message=1&rest_after=2", {}, ada);
    EXPECT_EQ(part.status, 200) << "of another message: without effect";
}

}  // namespace
}  // namespace parley::server::test
