// Promise 19 is shown worlds in which it is broken, and must say so.

#include "sim/promises/moment.hpp"
#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace parley::sim {
namespace {

/// Ada and Ben have a direct conversation (its rows up to 3), or a group; Ada blocks Ben.
class BrokenBlocks : public Broken {
  protected:
    static server::AccountChange own(AccountKey whose, std::int64_t seq, protocol::ChangePayload payload) {
        return {.account = whose,
                .change = {.seq = seq, .born = seq, .timestamp = {5}, .payload = std::move(payload)}};
    }
    static protocol::ConversationChanged direct_settings() {
        return {.kind = protocol::ConversationKind::direct, .title = {}, .by = to_id(ben)};
    }
    void found_direct() {
        server::Batch batch;
        batch.effects.emplace_back(change(1, direct_settings(), {}, ben));
        batch.effects.emplace_back(change(2, member(ben, protocol::Role::member, true, ben), {}, ben));
        batch.effects.emplace_back(change(3, member(ada, protocol::Role::member, true, ben), {}, ben));
        scene_.committed(batch);
    }
    void block(std::int64_t seq = 1, bool blocked = true) {
        server::Batch batch;
        batch.effects.emplace_back(
            own(ada, seq, protocol::BlockChanged{.account = to_id(ben), .blocked = blocked}));
        scene_.committed(batch);
    }
    /// Told to everybody but those.
    void says(std::int64_t seq, AccountKey by, std::vector<AccountKey> unseen) {
        server::Batch batch;
        auto said = change(seq, text(by), uuid(static_cast<std::uint8_t>(seq + 5)), by);
        said.unseen_by = std::move(unseen);
        batch.effects.emplace_back(std::move(said));
        promise_->committed(scene_, batch);
        scene_.committed(batch);
    }
    void receipt(std::vector<AccountKey> unheard) {
        auto batch = receipt_batch(ben, 0);
        std::get<server::ReceiptMoved>(batch.effects[0]).unheard_by = std::move(unheard);
        promise_->committed(scene_, batch);
    }

    std::unique_ptr<Promise> promise_ = blocked_cause_nothing();
};

TEST_F(BrokenBlocks, IsNothingWrongWhereItIsNotTold) {
    found_direct();
    block();
    says(4, ben, {ada});
    EXPECT_EQ(broken(), -1);
    block(2, false);
    says(5, ben, {});
    EXPECT_EQ(broken(), -1);
}

TEST_F(BrokenBlocks, Promise19WhereItIsTold) {
    found_direct();
    block();
    says(4, ben, {});
    EXPECT_EQ(broken(), 19);
}

TEST_F(BrokenBlocks, Promise19WhereTheBlockerWrites) {
    found_direct();
    block();
    says(4, ada, {});
    EXPECT_EQ(broken(), 19);
}

TEST_F(BrokenBlocks, Promise19WhereItIsSentToTheBlockerLater) {
    found_direct();
    block();
    says(4, ben, {ada});
    block(2, false);
    say(*ada_,
        protocol::PageOk{
            .from = 1,
            .to = 4,
            .as_of = 4,
            .rows = {{.id = uuid(9), .seq = 4, .born = 4, .timestamp = {5}, .payload = text(ben)}}},
        {}, uuid(1));
    EXPECT_EQ(broken(), 19);
}

TEST_F(BrokenBlocks, AReceiptAtASparedPlaceSpeaksOfWhatLiesBeforeIt) {
    const auto held = delivered_is_held();
    found_direct();
    message(4, ben, 9);
    block();
    server::Batch batch;
    auto reacted = change(
        5, protocol::ReactionChanged{.message = 4, .account = to_id(ben), .emoji = "\U0001F44D"}, {}, ben);
    reacted.unseen_by = {ada};
    batch.effects.emplace_back(std::move(reacted));
    scene_.committed(batch);
    block(2, false);
    protocol::Envelope envelope;
    envelope.stream = to_id(the_group);
    envelope.payload = protocol::Receipt{.account = to_id(ada), .delivered = 5, .read = 0};
    held->server_said(scene_, *ben_, {to_id(ben), to_id(DeviceKey{2})}, envelope);
    auto view = shown(9, 4);
    view.own = true;
    view.sender = to_id(ben);
    view.state = core::MessageState::delivered;
    held->looked_at(scene_, device(1), showing({view}));
    EXPECT_EQ(broken(), -1);
}

TEST_F(BrokenBlocks, APinMadeUnderABlockOfTheSameBatchIsNoneForTheBlocker) {
    found_direct();
    message(4, ben, 9);
    server::Batch batch;
    batch.effects.emplace_back(own(ada, 1, protocol::BlockChanged{.account = to_id(ben), .blocked = true}));
    auto pinned =
        change(5, protocol::PinChanged{.message = 4, .id = uuid(9), .sender = to_id(ben), .by = to_id(ben)},
               {}, ben);
    pinned.unseen_by = {ada};
    batch.effects.emplace_back(std::move(pinned));
    const Moment moment(scene_.history(), Effects(batch.effects));
    EXPECT_FALSE(moment.is_pinned(to_id(the_group), 4, to_id(ada)));
    EXPECT_TRUE(moment.is_pinned(to_id(the_group), 4, to_id(ben)));
}

TEST_F(BrokenBlocks, Promise19WhereAReceiptPasses) {
    founded();
    block();
    receipt({ada});
    ASSERT_EQ(broken(), -1);
    receipt({});
    EXPECT_EQ(broken(), 19);
}

TEST_F(BrokenBlocks, Promise19WhereAStateTellsHowFarOneHasGot) {
    founded();
    message(4, ben, 9);
    server::Batch batch;
    batch.effects.emplace_back(own(ada, 1, protocol::BlockChanged{.account = to_id(ben), .blocked = true}));
    promise_->committed(scene_, batch);
    scene_.committed(batch);
    pass(seconds(300));
    protocol::Envelope envelope;
    envelope.stream = to_id(the_group);
    protocol::ConversationState state{.head = 4};
    state.receipts = {{.account = to_id(ada), .delivered = 1, .read = 1}};
    envelope.payload = state;
    const SignedIn who{to_id(ben), to_id(DeviceKey{2})};
    promise_->server_said(scene_, *ben_, who, envelope);
    ASSERT_EQ(broken(), -1) << "as it was";
    state.receipts[0].read = 4;
    envelope.payload = state;
    promise_->server_said(scene_, *ben_, who, envelope);
    EXPECT_EQ(broken(), 19);
}

TEST_F(BrokenBlocks, Promise19WhereTypingPassesLongAfter) {
    founded();
    server::Batch batch;
    batch.effects.emplace_back(own(ada, 1, protocol::BlockChanged{.account = to_id(ben), .blocked = true}));
    promise_->committed(scene_, batch);
    scene_.committed(batch);
    protocol::Envelope envelope;
    envelope.stream = to_id(the_group);
    envelope.payload = protocol::TypingChanged{.account = to_id(ada), .kind = protocol::TypingKind::text};
    const SignedIn who{to_id(ben), to_id(DeviceKey{2})};
    promise_->server_said(scene_, *ben_, who, envelope);
    ASSERT_EQ(broken(), -1) << "it was under way";
    pass(seconds(300));
    promise_->server_said(scene_, *ben_, who, envelope);
    EXPECT_EQ(broken(), 19);
}

TEST_F(BrokenBlocks, Promise19WhereAConversationThatTheOtherBeginsIsShown) {
    block();
    found_direct();
    protocol::Envelope envelope;
    envelope.stream = StreamId{to_id(ada).text()};
    envelope.seq = 2;
    envelope.payload = protocol::Joined{.conversation = to_id(the_group), .from = 1, .state = {}};
    promise_->server_said(scene_, *ada_, {to_id(ada), to_id(DeviceKey{1})}, envelope);
    EXPECT_EQ(broken(), 19);
}

TEST_F(BrokenBlocks, Promise19WhereTheOtherBringsOneIn) {
    constexpr AccountKey cleo{103};
    founded();
    server::Batch blocks;
    blocks.effects.emplace_back(own(cleo, 1, protocol::BlockChanged{.account = to_id(ada), .blocked = true}));
    scene_.committed(blocks);
    server::Batch batch;
    batch.effects.emplace_back(change(4, member(cleo, protocol::Role::member, true, ada)));
    promise_->committed(scene_, batch);
    EXPECT_EQ(broken(), 19);
}

}  // namespace
}  // namespace parley::sim
