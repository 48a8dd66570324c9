// Each promise is shown a world in which it is broken, and must say so: a check that cannot fail checks
// nothing.

#include "server/domain/keys.hpp"
#include "sim/promises/all.hpp"
#include "sim/scene.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace parley::sim {
namespace {

using server::AccountKey;
using server::ConversationKey;
using server::DeviceKey;

constexpr AccountKey kAda{101};
constexpr AccountKey kBen{102};
constexpr ConversationKey kGroup{201};

Uuid uuid(std::uint8_t number) {
    Uuid id;
    id.bytes[6] = 0x70;
    id.bytes[15] = number;
    return id;
}

protocol::MemberChanged member(AccountKey account, protocol::Role role, bool present, AccountKey by) {
    return {.profile = {.account = to_id(account), .handle = "h", .name = "n", .avatar = {}},
            .role = role,
            .present = present,
            .by = to_id(by)};
}

/// The device's end of a wire on which only the server speaks.
class Nobody final : public WireEvents {
  public:
    void wire_connected() override {}
    void wire_frame(std::string_view) override {}
    void wire_disconnected(std::optional<std::uint16_t>) override {}
};

/// Speaks to a scene as the server would.
class Broken : public ::testing::Test {
  protected:
    Broken() {
        ada_ = connect(0, kAda, 1);
        ben_ = connect(1, kBen, 2);
    }

    /// Ada makes the group with Ben in it: one command, so one batch.
    void founded() {
        server::Batch batch;
        batch.effects.emplace_back(
            change(1, protocol::ConversationChanged{
                          .kind = protocol::ConversationKind::group, .title = "t", .by = to_id(kAda)}));
        batch.effects.emplace_back(change(2, member(kAda, protocol::Role::owner, true, kAda)));
        batch.effects.emplace_back(change(3, member(kBen, protocol::Role::member, true, kAda)));
        scene_.committed(batch);
    }

    static server::ConversationChange change(std::int64_t seq, protocol::ChangePayload payload,
                                             std::optional<Uuid> id = {}, AccountKey by = kAda,
                                             std::optional<std::int64_t> born = {}) {
        server::ConversationChange change{.conversation = kGroup, .change = {}, .origin = {}};
        change.change = {.id = id,
                         .seq = seq,
                         .born = born.value_or(seq),
                         .timestamp = {5},
                         .payload = std::move(payload)};
        change.origin.account = by;
        if (seq > 3) change.origin.command = uuid(static_cast<std::uint8_t>(seq));
        return change;
    }

    void commit(std::int64_t seq, protocol::ChangePayload payload, std::optional<Uuid> id = {},
                AccountKey by = kAda, std::optional<std::int64_t> born = {}) {
        server::Batch batch;
        batch.effects.emplace_back(change(seq, std::move(payload), id, by, born));
        scene_.committed(batch);
    }

    void message(std::int64_t seq, AccountKey by, std::uint8_t id) { commit(seq, text(by), uuid(id), by); }

    static protocol::MessageNew text(AccountKey by) {
        return {.sender = to_id(by), .text = "hello", .reply_to = {}, .mentions = {}};
    }

    template <class Payload>
    void say(Wire& wire, Payload payload, std::optional<std::int64_t> seq = {}, std::optional<Uuid> re = {},
             std::optional<Uuid> id = {}) {
        protocol::Envelope envelope;
        envelope.stream = to_id(kGroup);
        envelope.seq = seq;
        envelope.re = re;
        envelope.id = id;
        envelope.timestamp = WallTime{5};
        envelope.payload = std::move(payload);
        scene_.server_said(wire, envelope);
    }

    Showing showing(std::vector<core::MessageView> messages) {
        Showing result{.view = {}, .messages = std::move(messages), .missing = false};
        result.view.stream = to_id(kGroup);
        return result;
    }

    static core::MessageView shown(std::uint8_t id, std::int64_t born) {
        core::MessageView view;
        view.id = uuid(id);
        view.born = born;
        view.sender = to_id(kAda);
        view.text = "hello";
        view.at = {5};
        return view;
    }

    /// 0: none was found broken, or only the world itself.
    int broken() const { return scene_.violation() ? scene_.violation()->promise : -1; }

    /// The first device of the person with this number.
    Device& device(std::size_t number) { return *scene_.people()[number]->devices.front(); }

    SharedWire connect(std::size_t number, AccountKey account, std::int64_t device_number) {
        auto wire = std::make_shared<Wire>(scene_.world(),
                                           Wire::Ends{.server = scene_.server(),
                                                      .device = nobody_,
                                                      .device_life = std::make_shared<Life>(),
                                                      .link = device(number).node->link(),
                                                      .device_name = device(number).node->name()},
                                           scene_.world().next_number());
        say(*wire, protocol::AuthOk{.account = to_id(account), .device = to_id(DeviceKey{device_number})});
        return wire;
    }

    Nobody nobody_;
    Scene scene_{SceneOptions{.seed = 1}};
    SharedWire ada_;
    SharedWire ben_;
};

TEST_F(Broken, NothingIsBrokenInAnOrderlyWorld) {
    founded();
    message(4, kAda, 1);
    say(*ada_, protocol::MessageAccepted{}, 4, uuid(1));
    say(*ben_, text(kAda), 4, {}, uuid(1));
    same_rows()->looked_at(scene_, device(0), showing({shown(1, 4)}));
    shown_once()->looked_at(scene_, device(0), showing({shown(1, 4)}));
    EXPECT_EQ(broken(), -1) << scene_.violation()->what;
}

TEST_F(Broken, Promise1WhereWhatWasAcknowledgedWasNeverCommitted) {
    founded();
    say(*ada_, protocol::MessageAccepted{}, 4, uuid(1));
    EXPECT_EQ(broken(), 1);
}

TEST_F(Broken, Promise1WhereTheStoreLostWhatWasAcknowledged) {
    founded();
    message(4, kAda, 1);
    say(*ada_, protocol::MessageAccepted{}, 4, uuid(1));
    acknowledged_survives()->at_rest(scene_, StoredRows{});
    EXPECT_EQ(broken(), 1);
}

TEST_F(Broken, Promise2WhereARetryMakesASecond) {
    founded();
    message(4, kAda, 1);
    message(5, kAda, 1);
    EXPECT_EQ(broken(), 2);
}

TEST_F(Broken, Promise3WhereANumberIsLeftOut) {
    founded();
    message(5, kAda, 1);
    EXPECT_EQ(broken(), 3);
}

TEST_F(Broken, Promise3WhereANumberIsGivenTwice) {
    founded();
    message(3, kAda, 1);
    EXPECT_EQ(broken(), 3);
}

TEST_F(Broken, Promise3WhereAConnectionIsSentAHole) {
    founded();
    for (std::uint8_t seq = 4; seq <= 6; ++seq)
        message(seq, kAda, seq);
    say(*ben_, text(kAda), 4, {}, uuid(4));
    say(*ben_, text(kAda), 6, {}, uuid(6));
    EXPECT_EQ(broken(), 3);
}

TEST_F(Broken, Promise4WhereADeviceShowsAnotherText) {
    founded();
    message(4, kAda, 1);
    auto other = shown(1, 4);
    other.text = "goodbye";
    same_rows()->looked_at(scene_, device(0), showing({other}));
    EXPECT_EQ(broken(), 4);
}

TEST_F(Broken, Promise4WhereSomethingShownMoves) {
    founded();
    message(4, kAda, 1);
    message(5, kAda, 2);
    const auto promise = same_rows();
    promise->looked_at(scene_, device(0), showing({shown(1, 4)}));
    EXPECT_EQ(broken(), -1);
    promise->looked_at(scene_, device(0), showing({shown(1, 5)}));
    EXPECT_EQ(broken(), 4);
}

TEST_F(Broken, Promise5WhereAMessageIsShownTwice) {
    shown_once()->looked_at(scene_, device(0), showing({shown(1, 4), shown(1, 0)}));
    EXPECT_EQ(broken(), 5);
}

TEST_F(Broken, Promise6WhereACommandIsLost) {
    SqliteChance chance(1);
    ASSERT_TRUE(device(0).node->start());
    device(0).ledger.add(uuid(9), protocol::MessageSend{}, to_id(kAda)).kept = true;
    outbox()->looked_at(scene_, device(0), showing({}));
    EXPECT_EQ(broken(), 6);
}

TEST_F(Broken, Promise11WhereAMessageIsUnread) {
    auto view = shown(1, 4);
    view.own = true;
    const auto promise = states_forward();
    view.state = core::MessageState::read;
    promise->looked_at(scene_, device(0), showing({view}));
    EXPECT_EQ(broken(), -1);
    view.state = core::MessageState::delivered;
    promise->looked_at(scene_, device(0), showing({view}));
    EXPECT_EQ(broken(), 11);
}

TEST_F(Broken, Promise12WhereAReadPositionFalls) {
    server::Batch batch;
    for (const std::int64_t upto : {7, 6}) {
        protocol::ReadChanged read{.conversation = to_id(kGroup), .upto = upto};
        batch.effects.emplace_back(server::AccountChange{
            .account = kAda, .change = {.seq = upto == 7 ? 1 : 2, .born = 1, .payload = read}});
    }
    scene_.committed(batch);
    EXPECT_EQ(broken(), 12);
}

TEST_F(Broken, Promise14WhereTheServerCountsWrongly) {
    founded();
    message(4, kAda, 1);
    protocol::ConversationState state{
        .head = 4, .unread = 2, .as_of = {.conversation = 4, .account = 1}, .read = 1};
    say(*ben_, state);
    EXPECT_EQ(broken(), 14);
}

TEST_F(Broken, Promise16WhereARemovedMemberHearsMore) {
    founded();
    commit(4, member(kBen, protocol::Role::member, false, kAda), {}, kAda, 3);
    message(5, kAda, 1);
    say(*ben_, protocol::Skip{}, 5);
    EXPECT_EQ(broken(), 16);
}

TEST_F(Broken, Promise17WhereANewcomerSeesWhatWasBefore) {
    founded();
    commit(4, member(kBen, protocol::Role::member, false, kAda), {}, kAda, 3);
    message(5, kAda, 1);
    commit(6, member(kBen, protocol::Role::member, true, kAda), {}, kAda, 3);
    protocol::PageOk page{.from = 5, .to = 5, .as_of = 6, .rows = {}};
    page.rows.push_back({.id = uuid(1), .seq = 5, .born = 5, .timestamp = {5}, .payload = text(kAda)});
    say(*ben_, page, {}, uuid(77));
    EXPECT_EQ(broken(), 17);
}

TEST_F(Broken, Promise18WhereAMemberRenames) {
    founded();
    commit(4,
           protocol::ConversationChanged{
               .kind = protocol::ConversationKind::group, .title = "mine", .by = to_id(kBen)},
           {}, kBen, 1);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Broken, Promise18WhereAStrangerWrites) {
    founded();
    message(4, AccountKey{103}, 1);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Broken, Promise20WhereASignedOutDeviceIsSentMore) {
    founded();
    const DeviceId phone = to_id(DeviceKey{3});
    const auto wire = connect(2, kAda, 3);
    device(0).ledger.add(uuid(9), protocol::DeviceRevoke{.device = phone}, to_id(kAda));
    say(*ada_, protocol::Done{}, {}, uuid(9));
    EXPECT_EQ(broken(), -1);
    say(*wire, protocol::Pong{});
    EXPECT_EQ(broken(), 20);
}

}  // namespace
}  // namespace parley::sim
