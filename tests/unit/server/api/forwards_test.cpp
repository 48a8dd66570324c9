#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parley::server::test {
namespace {

using protocol::MessageAccepted;
using protocol::MessageNew;
using testing::HasSubstr;
using testing::Not;

class Forwarding : public testing::Test {
  protected:
    Forwarding() : ada(world.person("ada")), bob(world.person("bob")), eve(world.person("eve")) {
        world.settle();
    }

    World world;
    Account ada;
    Account bob;
    Account eve;
    Peer& desk = world.online(ada);
    Peer& other = world.online(bob, 0, protocol::Encoding::cbor);
    Peer& third = world.online(eve);
    StreamId den = world.group(desk, {bob});
    StreamId hall = world.group(other, {eve});
};

TEST_F(Forwarding, TheAnswerAndTheRowSayWhatWasSaid) {
    auto said = message(den, "psst");
    said.custom = protocol::Custom{.kind = "org.example.poll", .data = "[1.50]"};
    said.silent = true;
    const Uuid id = desk.ask(said);
    world.settle();
    third.take();
    auto forward = message(hall, "");
    forward.forward = protocol::ForwardOf{.stream = den, .message = id, .sender = ada.id};
    const auto answer = other.answer(other.ask(forward));
    const auto& about = std::get<MessageAccepted>(answer.payload);
    EXPECT_EQ(about.text, "psst");
    EXPECT_EQ(about.custom, said.custom);
    ASSERT_TRUE(about.forwarded);
    EXPECT_EQ(about.forwarded->account, ada.id);
    world.settle();
    const auto heard = third.take();
    ASSERT_EQ(heard.size(), 1u);
    const auto& row = std::get<MessageNew>(heard[0].payload);
    EXPECT_EQ(row.sender, bob.id);
    EXPECT_EQ(row.text, "psst");
    EXPECT_EQ(row.custom, said.custom);
    EXPECT_EQ(row.forwarded, about.forwarded);
    EXPECT_FALSE(row.silent) << "that is for whoever forwards to say";
}

TEST_F(Forwarding, GoesByHttpAndTellsNobodyWhereItStood) {
    const Uuid id = desk.ask(message(den, "psst"));
    world.settle();
    const auto post = [&](const Account& by, const StreamId& to, const std::string& body) {
        return world.call("POST", "/v1/conversations/" + to.text() + "/messages", body, by.access,
                          world.next_id().text());
    };
    const std::string forward = R"({"silent":true,"forward":{"stream":")" + den.text() + R"(","message":")" +
                                id.text() + R"(","sender":")" + ada.id.text() + R"("}})";
    const auto done = post(bob, hall, forward);
    EXPECT_EQ(done.status, 200);
    EXPECT_THAT(done.body, HasSubstr(R"("text":"psst")"));
    const auto page =
        world.call("GET", "/v1/conversations/" + hall.text() + "/messages?before=0", {}, eve.access, {});
    EXPECT_THAT(page.body, HasSubstr(R"("forwarded":{"account":")" + ada.id.text()));
    EXPECT_THAT(page.body, HasSubstr(R"("silent":true)"));
    EXPECT_THAT(page.body, Not(HasSubstr(den.text())));
    EXPECT_THAT(page.body, Not(HasSubstr(id.text())));
    const auto refused = post(eve, hall, forward);
    EXPECT_EQ(code_of(refused), "conversation.not_member");
    EXPECT_THAT(refused.body, HasSubstr(R"("field":"forward")"));
    EXPECT_EQ(code_of(post(bob, hall, R"({"text":""})")), "invalid");
    EXPECT_EQ(code_of(post(bob, hall, R"({"custom":{"kind":"poll","data":"1"}})")), "invalid");
    const auto no_json = post(bob, hall, R"({"custom":{"kind":"a.b","data":"{"}})");
    EXPECT_EQ(code_of(no_json), "invalid");
    EXPECT_THAT(no_json.body, HasSubstr(R"("field":"custom.data")"));
}

}  // namespace
}  // namespace parley::server::test
