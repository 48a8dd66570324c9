#include "protocol/field.hpp"
#include "server/api/encoding.hpp"
#include "server/store/sqlite.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>

/// A number that no reader takes is a mistake of the server's, and must be no more than one answer's end.
namespace parley::server::test {
namespace {

using protocol::Encoding;
using testing::SizeIs;

/// A group of which the store says what cannot be said.
class OutOfRange : public testing::Test {
  protected:
    OutOfRange() {
        const auto connection = sqlite::Connection::open(world.database(), "", sqlite::Access::read_write);
        EXPECT_TRUE(connection && (*connection)->execute("UPDATE conversation SET floor = 9007199254740992"));
    }

    World world;
    Account ada = world.person("ada");
    StreamId group = world.group(world.online(ada), {});
};

TEST_F(OutOfRange, IsInternalOverHttpAndSaidInTheLog) {
    const auto states = world.call("GET", "/v1/conversations", {}, ada.access);
    EXPECT_EQ(states.status, 500);
    EXPECT_EQ(server::test::code_of(states), "internal");
    EXPECT_THAT(world.lines.with("answer out of range"), SizeIs(1));
    // The floor stands in the problem itself.
    const auto changes =
        world.call("GET", "/v1/conversations/" + group.text() + "/changes?after=0", {}, ada.access);
    EXPECT_EQ(changes.status, 410);
    EXPECT_TRUE(protocol::decode<protocol::Problem>(changes.body, Encoding::json)) << changes.body;
    EXPECT_EQ(world.call("GET", "/v1/profile", {}, ada.access).status, 200);
}

TEST_F(OutOfRange, IsInternalOnTheSocketAndSaidInTheLog) {
    Peer& peer = world.sign_in(ada);
    peer.ask(protocol::Resume{});
    world.settle();
    std::size_t refused = 0;
    for (const auto& envelope : peer.take_all<protocol::ErrorReply>()) {
        EXPECT_EQ(std::get<protocol::ErrorReply>(envelope.payload).code, ErrorCode::internal);
        EXPECT_EQ(envelope.stream, group);
        ++refused;
    }
    EXPECT_EQ(refused, 1u) << "in place of the state";
    EXPECT_THAT(world.lines.with("answer out of range"), SizeIs(1));
    EXPECT_EQ(peer.refusal(peer.ask(protocol::Changes{.stream = group, .after = 0})), ErrorCode::internal);
    const auto page = peer.answer(peer.ask(protocol::Page{.stream = group, .before = 0}));
    EXPECT_TRUE(std::holds_alternative<protocol::PageOk>(page.payload)) << "the session goes on";
}

TEST_F(OutOfRange, AnswersTheSameCommand) {
    protocol::Envelope envelope;
    envelope.re = world.next_id();
    envelope.stream = group;
    envelope.payload = protocol::PageOk{.from = protocol::int_max + 1};
    std::string text;
    append_answer(text, envelope, Encoding::json, world.lines);
    const auto decoded = protocol::decode_frame(text, Encoding::json);
    ASSERT_TRUE(decoded);
    const auto& said = std::get<protocol::Envelope>(decoded->front());
    EXPECT_EQ(said.re, envelope.re);
    EXPECT_EQ(std::get<protocol::ErrorReply>(said.payload).code, ErrorCode::internal);
    EXPECT_THAT(world.lines.with("page.ok"), SizeIs(1));
}

}  // namespace
}  // namespace parley::server::test
