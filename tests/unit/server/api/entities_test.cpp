#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parley::server::test {
namespace {

using protocol::Entity;
using protocol::EntityKind;
using protocol::MessageNew;
using testing::HasSubstr;

class Entities : public testing::Test {
  protected:
    Entities() : ada(world.person("ada")), bob(world.person("bob")) { world.settle(); }

    static protocol::MessageSend rich(const StreamId& to, const std::string& text,
                                      std::vector<Entity> entities) {
        auto said = message(to, text);
        said.entities = std::move(entities);
        return said;
    }

    World world;
    Account ada;
    Account bob;
    Peer& desk = world.online(ada);
    Peer& other = world.online(bob, 0, protocol::Encoding::cbor);
    StreamId group = world.group(desk, {bob});
};

TEST_F(Entities, ReachEverybodyAsTheyWereSent) {
    Entity link{.kind = EntityKind::link, .offset = 0, .length = 2};
    link.url = "https://example.org/";
    Entity named{.kind = EntityKind::mention, .offset = 3, .length = 4};
    named.account = bob.id;
    world.settle();
    desk.take();
    other.take();
    desk.ask(rich(group, "hi @bob", {link, named}));
    world.settle();
    const auto heard = other.take();
    ASSERT_EQ(heard.size(), 1u);
    const auto& row = std::get<MessageNew>(heard[0].payload);
    EXPECT_EQ(row.entities, (std::vector{link, named}));
    EXPECT_EQ(row.mentions, std::vector{bob.id});
    EXPECT_FALSE(row.names_all);
}

TEST_F(Entities, GoByHttpAndAreRefusedWithTheField) {
    const auto call = [&](const std::string& body) {
        return world.call("POST", "/v1/conversations/" + group.text() + "/messages", body, ada.access,
                          world.next_id().text());
    };
    EXPECT_EQ(call(R"({"text":"all","entities":[{"kind":"here","offset":0,"length":3}]})").status, 200);
    const auto list = world.call("GET", "/v1/conversations", {}, bob.access, {});
    EXPECT_THAT(list.body, HasSubstr(R"("kind":"here")")) << "in the preview";
    EXPECT_THAT(list.body, HasSubstr(R"("mentions":1)"));
    const auto refused =
        call(R"({"text":"all","entities":[{"kind":"link","offset":0,"length":3,"url":"javascript:x"}]})");
    EXPECT_EQ(code_of(refused), "invalid");
    EXPECT_THAT(refused.body, HasSubstr(R"("field":"entities")"));
    desk.ask(protocol::ConversationPermissions{.target = {.stream = group},
                                               .permissions = {.mention_all = protocol::Role::owner}});
    world.settle();
    const auto forbidden = world.call("POST", "/v1/conversations/" + group.text() + "/messages",
                                      R"({"text":"all","entities":[{"kind":"here","offset":0,"length":3}]})",
                                      bob.access, world.next_id().text());
    EXPECT_EQ(code_of(forbidden), "not_allowed");
    EXPECT_THAT(forbidden.body, HasSubstr(R"("field":"entities")"));
}

}  // namespace
}  // namespace parley::server::test
