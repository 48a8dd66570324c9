#include "server/store/sqlite.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

namespace parley::server::test {
namespace {

TEST(Floor, IsToldToWhoeverIsBelowIt) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    for (int i = 0; i < 9; ++i)
        peer.answer(peer.ask(message(group, "x")));
    {
        // Retention will do this.
        const auto connection = sqlite::Connection::open(world.database(), "", sqlite::Access::read_write);
        ASSERT_TRUE(connection);
        ASSERT_TRUE((*connection)->execute("UPDATE conversation SET floor = 5"));
    }
    for (const protocol::Payload& request :
         {protocol::Payload(protocol::Changes{.stream = group, .after = 4}),
          protocol::Payload(protocol::Subscribe{.stream = group, .after = 4})}) {
        const protocol::Envelope answer = peer.answer(peer.ask(request));
        const auto* refusal = std::get_if<protocol::ErrorReply>(&answer.payload);
        ASSERT_NE(refusal, nullptr);
        EXPECT_EQ(refusal->code, ErrorCode::too_old);
        EXPECT_EQ(refusal->floor, 5);
    }
    const auto good = peer.answer(peer.ask(protocol::Changes{.stream = group, .after = 5}));
    EXPECT_TRUE(std::holds_alternative<protocol::ChangesOk>(good.payload));
    const auto response =
        world.call("GET", "/v1/conversations/" + group.text() + "/changes?after=4", {}, ada.access);
    EXPECT_EQ(code_of(response), "too_old");
    const auto problem = protocol::decode<protocol::Problem>(response.body, protocol::Encoding::json);
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->floor, 5);
}

}  // namespace
}  // namespace parley::server::test
