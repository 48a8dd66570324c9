#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace parley::server::test {
namespace {

using protocol::ConversationChanged;
using protocol::MemberChanged;
using protocol::Role;
using testing::HasSubstr;

class Roles : public testing::Test {
  protected:
    Roles() : ada(world.person("ada")), bob(world.person("bob")) {}

    protocol::Target in_group() const { return {.stream = group}; }
    auto call(const std::string& method, const std::string& where, const std::string& body,
              const Account& by) {
        return world.call(method, "/v1/conversations/" + group.text() + where, body, by.access,
                          world.next_id().text());
    }

    World world;
    Account ada;
    Account bob;
    Peer& desk = world.online(ada);
    Peer& other = world.online(bob, 0, protocol::Encoding::cbor);
    StreamId group = world.group(desk, {bob});
};

TEST_F(Roles, AreHeardOfByEverybody) {
    other.take();
    const auto done = desk.answer(
        desk.ask(protocol::MemberRole{.target = in_group(), .account = bob.id, .role = Role::moderator}));
    const auto heard = other.take_all<MemberChanged>();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].seq, done.seq);
    const auto& member = std::get<MemberChanged>(heard[0].payload);
    EXPECT_EQ(member.profile.account, bob.id);
    EXPECT_EQ(member.role, Role::moderator);
    EXPECT_EQ(member.by, ada.id);
    // What he may from now on he does.
    const Uuid said = desk.ask(message(group, "not for long"));
    world.settle();
    other.answer(other.ask(protocol::MessageDelete{.target = in_group(), .message = said, .sender = ada.id}));
    EXPECT_EQ(other.refusal(other.ask(protocol::ConversationRename{.target = in_group(), .title = "bob's"})),
              ErrorCode::not_allowed);
}

TEST_F(Roles, PermissionsAreToldWithTheSettings) {
    world.settle();
    other.take();
    desk.answer(desk.ask(
        protocol::ConversationPermissions{.target = in_group(), .permissions = {.rename = Role::member}}));
    auto heard = other.take_all<ConversationChanged>();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(std::get<ConversationChanged>(heard[0].payload).permissions->rename, Role::member);
    EXPECT_EQ(std::get<ConversationChanged>(heard[0].payload).permissions->add, Role::admin);
    other.answer(other.ask(protocol::ConversationRename{.target = in_group(), .title = "everybody's"}));
    heard = desk.take_all<ConversationChanged>();
    ASSERT_FALSE(heard.empty());
    EXPECT_EQ(std::get<ConversationChanged>(heard.back().payload).permissions->rename, Role::member)
        << "another title takes nothing back";
}

TEST_F(Roles, GoByHttpToo) {
    world.settle();
    const std::string bobs = "/members/" + bob.id.text();
    EXPECT_EQ(call("PATCH", bobs, R"({"role":"admin"})", ada).status, 200);
    EXPECT_THAT(call("GET", "/members", {}, bob).body, HasSubstr("\"admin\""));
    EXPECT_EQ(code_of(call("PATCH", bobs, R"({"role":"owner"})", bob)), "not_allowed");
    EXPECT_EQ(code_of(call("PATCH", bobs, R"({"role":"boss"})", ada)), "invalid");
    EXPECT_EQ(code_of(call("PATCH", bobs, "{}", ada)), "malformed");
    EXPECT_EQ(code_of(call("PATCH", "/members/nobody", R"({"role":"guest"})", ada)), "account.not_found");
    EXPECT_EQ(call("PATCH", "/permissions", R"({"permissions":{"post":"admin"}})", ada).status, 200);
    EXPECT_THAT(call("GET", "/settings", {}, bob).body, HasSubstr("\"post\":\"admin\""));
    EXPECT_EQ(code_of(call("PATCH", "/permissions", R"({"permissions":{"post":"guest"}})", bob)),
              "not_allowed");
    EXPECT_EQ(code_of(call("PATCH", "/members/" + ada.id.text(), R"({"role":"guest"})", ada)),
              "conversation.last_owner");
    EXPECT_EQ(call("POST", "/transfer", R"({"account":")" + bob.id.text() + "\"}", ada).status, 200);
    EXPECT_EQ(code_of(call("POST", "/transfer", R"({"account":")" + bob.id.text() + "\"}", ada)),
              "not_allowed");
    EXPECT_EQ(call("PATCH", "/permissions", R"({"permissions":{"post":"guest"}})", bob).status, 200);
}

}  // namespace
}  // namespace parley::server::test
