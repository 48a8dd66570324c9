// Each promise is shown a world in which it is broken, and must say so: a check that cannot fail checks
// nothing. Here those from 13 on.

#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace parley::sim {
namespace {

TEST_F(Broken, Promise13WhereTheServerSaysMoreThanItHasHeard) {
    founded();
    message(4, ada, 1);
    receipt_moves(ben, 4);
    EXPECT_EQ(broken(), 13);
}

TEST_F(Broken, Promise13WhereADeviceShowsAsDeliveredWhatNobodyHasSaidToBe) {
    server::Batch batch;
    batch.effects.emplace_back(change(
        1, protocol::ConversationChanged{.kind = protocol::ConversationKind::direct, .by = to_id(ada)}));
    batch.effects.emplace_back(change(2, member(ada, protocol::Role::member, true, ada)));
    batch.effects.emplace_back(change(3, member(ben, protocol::Role::member, true, ada)));
    scene_.committed(batch);
    message(4, ada, 1);
    auto view = shown(1, 4);
    view.own = true;
    view.state = core::MessageState::delivered;
    delivered_is_held()->looked_at(scene_, device(0), showing({view}));
    EXPECT_EQ(broken(), 13);
}

TEST_F(Broken, Promise13WhereADeviceShowsAsReadWhatWasSaidBeforeTheReaderJoined) {
    founded();
    message(4, ada, 1);
    commit(5, member(ben, protocol::Role::member, false, ada), {}, ada, 3);
    commit(6, member(ben, protocol::Role::member, true, ada), {}, ada, 3);
    message(7, ada, 2);
    const auto promise = delivered_is_held();
    const auto told = [&](std::int64_t read) {
        protocol::Envelope receipt;
        receipt.stream = to_id(the_group);
        receipt.payload = protocol::Receipt{.account = to_id(ben), .delivered = 0, .read = read};
        promise->server_said(scene_, *ada_, {to_id(ada), to_id(DeviceKey{1})}, receipt);
    };
    const auto looked_at = [&](std::uint8_t id, std::int64_t born) {
        auto view = shown(id, born);
        view.own = true;
        view.state = core::MessageState::read;
        promise->looked_at(scene_, device(0), showing({view}));
    };
    server::AccountChange read{.account = ben, .change = {}};
    read.change.seq = read.change.born = 1;
    read.change.payload = protocol::ReadChanged{.conversation = to_id(the_group), .upto = 7};
    server::Batch batch;
    batch.effects.emplace_back(std::move(read));
    scene_.committed(batch);
    told(7);
    looked_at(2, 7);
    ASSERT_EQ(broken(), -1);
    looked_at(1, 4);
    EXPECT_EQ(broken(), 13);
}

TEST_F(Broken, Promise13WhereTheServerSaysThatSomebodyHasReadWhatHeHasNot) {
    founded();
    message(4, ada, 1);
    protocol::ConversationState state{.head = 4, .read = 1};
    state.receipts.push_back({.account = to_id(ben), .delivered = 0, .read = 1});
    protocol::Envelope envelope;
    envelope.stream = to_id(the_group);
    envelope.payload = state;
    const auto promise = delivered_is_held();
    promise->server_said(scene_, *ada_, {to_id(ada), to_id(DeviceKey{1})}, envelope);
    EXPECT_EQ(broken(), -1);
    state.receipts.front().read = 4;
    envelope.payload = state;
    promise->server_said(scene_, *ada_, {to_id(ada), to_id(DeviceKey{1})}, envelope);
    EXPECT_EQ(broken(), 13);
}

TEST_F(Broken, Promise13TakesWhatOneHadReadBeforeHeWent) {
    founded();
    message(4, ada, 1);
    commit(5, member(ben, protocol::Role::member, false, ada), {}, ada, 3);
    const auto promise = delivered_is_held();
    protocol::Envelope receipt;
    receipt.stream = to_id(the_group);
    receipt.payload = protocol::Receipt{.account = to_id(ben), .delivered = 4, .read = 0};
    promise->server_said(scene_, *ada_, {to_id(ada), to_id(DeviceKey{1})}, receipt);
    auto view = shown(1, 4);
    view.own = true;
    view.state = core::MessageState::delivered;
    promise->looked_at(scene_, device(0), showing({view}));
    EXPECT_EQ(broken(), -1);
}

TEST_F(Broken, Promise14WhereTheServerCountsWrongly) {
    founded();
    message(4, ada, 1);
    protocol::ConversationState state{
        .head = 4, .unread = 2, .as_of = {.conversation = 4, .account = 1}, .read = 1};
    say(*ben_, state);
    EXPECT_EQ(broken(), 14);
}

TEST_F(Broken, Promise15WhereAReceiptOfOneWhoIsOutMoves) {
    founded();
    commit(4, member(ben, protocol::Role::member, false, ada), {}, ada, 3);
    receipts_for_members()->committed(scene_, receipt_batch(ben, 3));
    EXPECT_EQ(broken(), 15);
}

TEST_F(Broken, Promise15WhereOneWhoIsOutIsToldHowFarTheOthersAre) {
    founded();
    commit(4, member(ben, protocol::Role::member, false, ada), {}, ada, 3);
    message(5, ada, 1);
    say(*ben_, protocol::Receipt{.account = to_id(ada), .delivered = 5});
    EXPECT_EQ(broken(), 15);
}

/// Eighteen more than Ada, Ben and one: more than may hear of each other how far they have read.
TEST_F(Broken, Promise15WhereAReceiptOfALargeGroupMoves) {
    founded();
    for (std::int64_t number = 4; number <= 21; ++number)
        commit(number, member(AccountKey{100 + number}, protocol::Role::member, true, ada));
    message(22, ada, 1);
    const auto promise = receipts_for_members();
    promise->committed(scene_, receipt_batch(ben, 3));
    EXPECT_EQ(broken(), -1);
    commit(23, member(AccountKey{123}, protocol::Role::member, true, ada));
    promise->committed(scene_, receipt_batch(ben, 3));
    EXPECT_EQ(broken(), 15);
}

TEST_F(Broken, Promise15WhereTheStateOfALargeGroupTellsHowFarTheOthersAre) {
    founded();
    protocol::ConversationState state{.head = 3, .read = 3};
    state.receipts.push_back({.account = to_id(ada), .delivered = 3});
    const auto promise = receipts_for_members();
    const SignedIn who{.account = to_id(ben), .device = to_id(DeviceKey{2})};
    const auto tell = [&](std::int64_t members) {
        state.summary.members = members;
        protocol::Envelope envelope;
        envelope.stream = to_id(the_group);
        envelope.payload = state;
        promise->server_said(scene_, *ben_, who, envelope);
    };
    tell(20);
    EXPECT_EQ(broken(), -1);
    tell(21);
    EXPECT_EQ(broken(), 15);
}

TEST_F(Broken, Promise16WhereSomethingComesAfterTheLastWord) {
    founded();
    message(4, ada, 1);
    commit(5, member(ben, protocol::Role::member, false, ada), {}, ada, 3);
    say(*ben_, protocol::Left{.conversation = to_id(the_group), .until = 5});
    EXPECT_EQ(broken(), -1);
    say(*ben_, text(ada), 4, {}, uuid(1));
    EXPECT_EQ(broken(), 16);
}

TEST_F(Broken, Promise16WhereARemovedMemberHearsMore) {
    founded();
    commit(4, member(ben, protocol::Role::member, false, ada), {}, ada, 3);
    message(5, ada, 1);
    say(*ben_, protocol::Skip{}, 5);
    EXPECT_EQ(broken(), 16);
}

TEST_F(Broken, Promise17WhereANewcomerSeesWhatWasBefore) {
    founded();
    commit(4, member(ben, protocol::Role::member, false, ada), {}, ada, 3);
    message(5, ada, 1);
    commit(6, member(ben, protocol::Role::member, true, ada), {}, ada, 3);
    protocol::PageOk page{.from = 5, .to = 5, .as_of = 6, .rows = {}};
    page.rows.push_back({.id = uuid(1), .seq = 5, .born = 5, .timestamp = {5}, .payload = text(ada)});
    say(*ben_, page, {}, uuid(77));
    EXPECT_EQ(broken(), 17);
}

TEST_F(Broken, Promise17WhereAStateShowsWhatWasBeforeTheJoining) {
    founded();
    commit(4, member(ben, protocol::Role::member, false, ada), {}, ada, 3);
    message(5, ada, 1);
    commit(6, member(ben, protocol::Role::member, true, ada), {}, ada, 3);
    protocol::ConversationState state{.head = 6, .as_of = {.conversation = 6, .account = 1}, .read = 6};
    say(*ben_, state);
    EXPECT_EQ(broken(), -1);
    state.last = protocol::Preview{.id = uuid(1), .born = 5, .sender = to_id(ada), .text = "hello"};
    say(*ben_, state);
    EXPECT_EQ(broken(), 17);
}

TEST_F(Broken, Promise18WhereWhatWasRefusedChangedSomething) {
    founded();
    server::Batch batch;
    auto made = change(4, text(ada), uuid(1));
    batch.effects.emplace_back(made);
    batch.effects.emplace_back(
        server::Replied{.origin = made.origin, .answer = fail(ErrorCode::not_allowed, "no")});
    scene_.committed(batch);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Broken, Promise18WhereADeviceThatIsSignedOutGoesOnWriting) {
    founded();
    auto made = change(4, text(ada), uuid(1));
    made.origin.device = DeviceKey{1};
    server::Batch batch;
    batch.effects.emplace_back(made);
    scene_.committed(batch);
    EXPECT_EQ(broken(), -1);
    device(0).ledger.add(uuid(9), protocol::DeviceRevoke{.device = to_id(DeviceKey{1})}, to_id(ada));
    batch.effects.clear();
    batch.effects.emplace_back(server::DeviceRevoked{.account = ada, .device = DeviceKey{1}});
    scene_.committed(batch);
    EXPECT_EQ(broken(), -1);
    made.change = {.id = uuid(2), .seq = 5, .born = 5, .timestamp = {5}, .payload = text(ada)};
    batch.effects.clear();
    batch.effects.emplace_back(made);
    scene_.committed(batch);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Broken, Promise18WhereSomebodyComesInAsAnOwner) {
    founded();
    commit(4, member(AccountKey{103}, protocol::Role::member, true, ada));
    EXPECT_EQ(broken(), -1);
    commit(5, member(AccountKey{104}, protocol::Role::owner, true, ada));
    EXPECT_EQ(broken(), 18);
}

TEST_F(Broken, Promise18WhereAGroupIsMadeWithTwoOwners) {
    server::Batch batch;
    batch.effects.emplace_back(
        change(1, protocol::ConversationChanged{
                      .kind = protocol::ConversationKind::group, .title = "t", .by = to_id(ada)}));
    batch.effects.emplace_back(change(2, member(ada, protocol::Role::owner, true, ada)));
    rights()->committed(scene_, batch);
    EXPECT_EQ(broken(), -1);
    batch.effects.emplace_back(change(3, member(ben, protocol::Role::owner, true, ada)));
    rights()->committed(scene_, batch);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Broken, Promise18WhereAMemberRemovesAnother) {
    founded();
    commit(4, member(ada, protocol::Role::owner, false, ben), {}, ben, 2);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Broken, Promise18WhereAMemberRenames) {
    founded();
    commit(4,
           protocol::ConversationChanged{
               .kind = protocol::ConversationKind::group, .title = "mine", .by = to_id(ben)},
           {}, ben, 1);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Broken, Promise18WhereAStrangerWrites) {
    founded();
    message(4, AccountKey{103}, 1);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Broken, WhatWasUndoneByARestoreIsStillSomebodysWishWhenItIsAskedForAgain) {
    founded();
    device(0).ledger.add(uuid(9), protocol::DeviceRevoke{.device = to_id(DeviceKey{1})}, to_id(ada));
    device(0).ledger.forget([](const Given&) { return true; });
    EXPECT_TRUE(device(0).ledger.given().empty());
    server::Batch batch;
    server::AccountChange out{.account = ada, .change = {}};
    out.change.seq = out.change.born = 1;
    out.change.payload = protocol::DeviceChanged{.device = to_id(DeviceKey{1}), .name = "n"};
    batch.effects.emplace_back(std::move(out));
    batch.effects.emplace_back(server::DeviceRevoked{.account = ada, .device = DeviceKey{1}});
    batch.effects.emplace_back(
        server::Replied{.origin = {.account = ada, .device = DeviceKey{7}, .command = uuid(9)},
                        .answer = server::Answer{.payload = protocol::Done{}}});
    scene_.committed(batch);
    EXPECT_EQ(broken(), -1);
}

TEST_F(Broken, Promise20WhereASignedOutDeviceIsSentMore) {
    founded();
    const DeviceId phone = to_id(DeviceKey{3});
    const auto wire = connect(2, ada, 3);
    device(0).ledger.add(uuid(9), protocol::DeviceRevoke{.device = phone}, to_id(ada));
    say(*ada_, protocol::Done{}, {}, uuid(9));
    EXPECT_EQ(broken(), -1);
    say(*wire, protocol::Pong{});
    EXPECT_EQ(broken(), 20);
}

TEST_F(Broken, Promise20WhereADeviceThatSignedItselfOutIsSentMore) {
    founded();
    const DeviceId phone = to_id(DeviceKey{3});
    const auto wire = connect(2, ada, 3);
    const auto promise = revoked_is_out();
    protocol::Envelope pong;
    pong.payload = protocol::Pong{};
    promise->server_said(scene_, *wire, {to_id(ada), phone}, pong);
    EXPECT_EQ(broken(), -1);
    promise->signed_out(scene_, phone);
    promise->server_said(scene_, *wire, {to_id(ada), phone}, pong);
    EXPECT_EQ(broken(), 20);
}

TEST_F(Broken, Promise20WhereWhatCameAfterTheOwnSignOutIsCarriedOut) {
    founded();
    const auto wire = connect(2, ada, 3);
    const auto promise = revoked_is_out();
    promise->signed_out(scene_, to_id(DeviceKey{3}));
    protocol::Envelope envelope;
    envelope.id = uuid(4);
    envelope.payload = protocol::MessageSend{};
    promise->server_heard(scene_, *wire, envelope);
    auto made = change(4, text(ada), uuid(4));
    made.origin.device = DeviceKey{3};
    server::Batch batch;
    batch.effects.emplace_back(made);
    promise->committed(scene_, batch);
    EXPECT_EQ(broken(), 20);
}

TEST_F(Broken, Promise28WhereADeviceSendsEverythingAtOnce) {
    founded();
    protocol::Envelope envelope;
    envelope.payload = protocol::MessageSend{};
    const auto promise = within_limits();
    for (std::uint8_t number = 1; number <= 18; ++number) {
        envelope.id = uuid(number);
        promise->server_heard(scene_, *ada_, envelope);
    }
    EXPECT_EQ(broken(), -1);
    envelope.id = uuid(19);
    promise->server_heard(scene_, *ada_, envelope);
    EXPECT_EQ(broken(), 28);
}

TEST_F(Broken, Promise33WhereTheServerDoesNotSayWhatIsWrong) {
    founded();
    say(*ada_, protocol::ErrorReply{.code = ErrorCode::internal}, {}, uuid(1));
    EXPECT_EQ(broken(), 33);
}

TEST_F(Broken, Promise33WhereAFullDiskStopsReading) {
    founded();
    const auto promise = full_disk_is_said();
    protocol::Envelope asked;
    asked.id = uuid(1);
    asked.payload = protocol::MessageSend{.target = {.stream = to_id(the_group)}, .text = "hello"};
    promise->server_heard(scene_, *ada_, asked);
    protocol::Envelope refusal;
    refusal.re = uuid(1);
    refusal.payload = protocol::ErrorReply{.code = ErrorCode::disk_full};
    const SignedIn who{to_id(ada), to_id(DeviceKey{1})};
    promise->server_said(scene_, *ada_, who, refusal);
    EXPECT_EQ(broken(), -1) << "a message finds no room";
    asked.id = refusal.re = uuid(2);
    asked.payload = protocol::Resume{};
    promise->server_heard(scene_, *ada_, asked);
    promise->server_said(scene_, *ada_, who, refusal);
    EXPECT_EQ(broken(), 33);
}

}  // namespace
}  // namespace parley::sim
