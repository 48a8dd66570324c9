#include "client/cli/commands.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "tests/unit/client/two_invocations.hpp"

#include <gmock/gmock.h>

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace parley::client::cli {
namespace {

using test::TwoInvocations;
using testing::HasSubstr;

/// An owner in between, with a server that answers what the test says.
class OtherOwner {
  public:
    explicit OtherOwner(const TwoInvocations& two)
        : database_(*SqliteDatabase::open(two.settings.place.database_file(), Durability::never)),
          client_(*core::Client::open({.encoding = protocol::Encoding::cbor}, *database_, primitives_,
                                      read_clocks())) {
        client_->connect(read_clocks());
        client_->handle_connected(read_clocks());
        give({.payload = protocol::AuthOk{AccountId("a1"), DeviceId("d1"), SessionId("s1"),
                                          read_clocks().wall + seconds(900)}});
        give({.payload = protocol::Resumed{"t1", 1}});
    }

    void give(const protocol::Envelope& envelope) {
        std::string bytes;
        protocol::append_envelope(bytes, envelope, protocol::Encoding::cbor);
        client_->handle_frame(bytes, read_clocks());
        while (client_->poll_action()) {
        }
    }
    core::Client& client() { return *client_; }

  private:
    SystemPrimitives primitives_;
    std::unique_ptr<SqliteDatabase> database_;
    std::unique_ptr<core::Client> client_;
};

protocol::ErrorReply refusal(ErrorCode code) {
    return {code, "no", {}, {}, {}};
}

TEST(Session, LearnsWhatBecameOfEachCommandHoweverLongTheOutboxIs) {
    TwoInvocations two;
    constexpr std::uint16_t commands = 2500;
    Settlement settlement;
    {
        std::vector<protocol::Envelope> groups;
        for (std::uint16_t number = 1; number <= commands; ++number) {
            groups.push_back(test::group_named("group", number));
            settlement.open.push_back(*groups.back().id);
        }
        ASSERT_EQ(two.open()->submit(groups)->accepted.size(), commands);
    }
    const std::deque<Uuid> ids = settlement.open;
    {
        OtherOwner other(two);
        const auto refused = refusal(ErrorCode::too_large);
        other.give({.re = ids[0], .payload = refused});
        other.give({.re = ids[2], .payload = refused});
        other.give({.re = ids[1], .stream = StreamId("c1"), .payload = protocol::ConversationCreated{}});
        ASSERT_TRUE(other.client().discard(ids[2], read_clocks()));
    }
    const auto account = two.open();
    Terminal terminal(true);
    const Interrupts interrupts(two.loop);
    const Common common{};
    Session session(*account, terminal, interrupts, common);
    ASSERT_TRUE(session.catch_up(settlement));
    EXPECT_EQ(settlement.open.size(), commands - 3u);
    ASSERT_EQ(settlement.settled.size(), 3u);
    ASSERT_TRUE(settlement.settled.at(ids[0]).failure);
    EXPECT_EQ(settlement.settled.at(ids[0]).failure->code, ErrorCode::too_large);
    EXPECT_FALSE(settlement.settled.at(ids[1]).failure);
    EXPECT_EQ(settlement.settled.at(ids[1]).stream, StreamId("c1"));
    // Refused, whoever has read that meanwhile.
    EXPECT_TRUE(settlement.settled.at(ids[2]).failure);
}

/// What a command prints, and the sentence with which it ends.
template <class Command>
std::string said(TwoInvocations& two, const Command& command, bool json = false) {
    const auto account = two.open();
    Terminal terminal(json);
    const Interrupts interrupts(two.loop);
    const Common common{.offline = true};
    Session session(*account, terminal, interrupts, common);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto done = run(session, command);
    return testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr() +
           (done ? std::string() : done.error().sentence);
}

TEST(Conversations, OneThatTheServerRefusedIsShownSoWithTheReason) {
    TwoInvocations two;
    const auto group = test::group_named("Team", 1);
    ASSERT_EQ(two.open()->submit(std::array{group})->accepted.size(), 1u);
    const HistoryCommand history{.conversation = "Team"};
    const MembersCommand members{.conversation = "Team"};
    const std::string pending = "not on the server yet";
    EXPECT_THAT(said(two, ConversationsCommand{}), HasSubstr(pending));
    EXPECT_THAT(said(two, history), HasSubstr(pending));
    EXPECT_THAT(said(two, members), HasSubstr(pending));

    OtherOwner(two).give({.re = group.id, .payload = refusal(ErrorCode::account_not_found)});
    const std::string refused = "was refused by the server: There is no such person on this server.";
    EXPECT_THAT(said(two, ConversationsCommand{}), HasSubstr(refused));
    EXPECT_THAT(said(two, history), HasSubstr(refused));
    EXPECT_THAT(said(two, members), HasSubstr(refused));
    EXPECT_THAT(said(two, ConversationsCommand{}, true), HasSubstr("\"error\":\"account.not_found\""));
}

}  // namespace
}  // namespace parley::client::cli
