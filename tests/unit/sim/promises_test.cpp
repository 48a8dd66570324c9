// Each promise is shown a world in which it is broken, and must say so: a check that cannot fail checks
// nothing. Here those up to 12.

#include "server/api/tokens.hpp"
#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace parley::sim {
namespace {

TEST_F(Broken, NothingIsBrokenInAnOrderlyWorld) {
    founded();
    message(4, ada, 1);
    say(*ada_, protocol::MessageAccepted{}, 4, uuid(1));
    say(*ben_, text(ada), 4, {}, uuid(1));
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
    message(4, ada, 1);
    say(*ada_, protocol::MessageAccepted{}, 4, uuid(1));
    acknowledged_survives()->at_rest(scene_, StoredRows{});
    EXPECT_EQ(broken(), 1);
}

TEST_F(Broken, Promise2WhereARetryMakesASecond) {
    founded();
    message(4, ada, 1);
    message(5, ada, 1);
    EXPECT_EQ(broken(), 2);
}

TEST_F(Broken, Promise2WhereACommandIsDoneAgain) {
    founded();
    server::Batch batch{.first_position = 5, .last_position = 5, .effects = {}};
    const protocol::ConversationChanged named{
        .kind = protocol::ConversationKind::group, .title = "mine", .by = to_id(ada)};
    auto renamed = change(4, named, {}, ada, 1);
    renamed.change.timestamp = scene_.server().now().wall;
    batch.effects.emplace_back(renamed);
    scene_.committed(batch);
    EXPECT_EQ(broken(), -1);
    renamed.change.seq = 5;
    batch = {.first_position = 6, .last_position = 6, .effects = {}};
    batch.effects.emplace_back(renamed);
    scene_.committed(batch);
    EXPECT_EQ(broken(), 2);
}

TEST_F(Broken, WhatTheServerMayForgetMayBeDoneAgain) {
    founded();
    server::Batch batch{.first_position = 5, .last_position = 5, .effects = {}};
    const protocol::ConversationChanged named{
        .kind = protocol::ConversationKind::group, .title = "mine", .by = to_id(ada)};
    auto renamed = change(4, named, {}, ada, 1);
    renamed.change.timestamp = scene_.server().now().wall;
    const auto again = [&](std::int64_t seq) {
        renamed.change.seq = seq;
        batch = {.first_position = seq, .last_position = seq, .effects = {}};
        batch.effects.emplace_back(renamed);
        scene_.committed(batch);
    };
    again(4);
    scene_.server().clock().set(seconds(31 * 24 * 3'600));
    renamed.change.timestamp = scene_.server().now().wall;
    again(5);
    EXPECT_EQ(broken(), -1) << "a month has passed, as far as the server knows";
    scene_.server().clock().set(seconds(60 * 24 * 3'600));
    again(6);
    EXPECT_EQ(broken(), 2) << "and less than that since";
}

TEST_F(Broken, Promise2WhereACommandIsDoneTwiceInOneTransaction) {
    founded();
    server::Batch batch{.first_position = 5, .last_position = 6, .effects = {}};
    const protocol::ConversationChanged named{
        .kind = protocol::ConversationKind::group, .title = "mine", .by = to_id(ada)};
    auto renamed = change(4, named, {}, ada, 1);
    renamed.change.timestamp = scene_.server().now().wall;
    batch.effects.emplace_back(renamed);
    batch.effects.emplace_back(server::Replied{.origin = renamed.origin, .answer = server::Answer{}});
    renamed.change.seq = 5;
    batch.effects.emplace_back(renamed);
    scene_.committed(batch);
    EXPECT_EQ(broken(), 2);
}

TEST_F(Broken, Promise3WhereANumberIsLeftOut) {
    founded();
    message(5, ada, 1);
    EXPECT_EQ(broken(), 3);
}

TEST_F(Broken, Promise3WhereANumberIsGivenTwice) {
    founded();
    message(3, ada, 1);
    EXPECT_EQ(broken(), 3);
}

TEST_F(Broken, Promise3WhereAConnectionIsSentAHole) {
    founded();
    for (std::uint8_t seq = 4; seq <= 6; ++seq)
        message(seq, ada, seq);
    say(*ben_, text(ada), 4, {}, uuid(4));
    say(*ben_, text(ada), 6, {}, uuid(6));
    EXPECT_EQ(broken(), 3);
}

TEST_F(Broken, Promise4WhereADeviceShowsAnotherText) {
    founded();
    message(4, ada, 1);
    auto other = shown(1, 4);
    other.text = "goodbye";
    same_rows()->looked_at(scene_, device(0), showing({other}));
    EXPECT_EQ(broken(), 4);
}

TEST_F(Broken, Promise4WhereSomethingShownMoves) {
    founded();
    message(4, ada, 1);
    message(5, ada, 2);
    const auto promise = same_rows();
    promise->looked_at(scene_, device(0), showing({shown(1, 4)}));
    EXPECT_EQ(broken(), -1);
    promise->looked_at(scene_, device(0), showing({shown(1, 5)}));
    EXPECT_EQ(broken(), 4);
}

TEST_F(Broken, Promise4WhereADeviceSaysThatAServerLostWhatWasNeverRestored) {
    founded();
    message(4, ada, 1);
    auto lost = shown(1, 4);
    lost.not_on_server = true;
    same_rows()->looked_at(scene_, device(0), showing({lost}));
    EXPECT_EQ(broken(), 4);
}

TEST_F(Broken, OnlyARefusalForGoodExcusesWhatWasNotDone) {
    const auto refuse = [this](ErrorCode code) {
        say(*ada_, protocol::ErrorReply{.code = code, .message = "no"}, {}, uuid(9));
        return scene_.said().refused.contains({to_id(ada), uuid(9)});
    };
    EXPECT_FALSE(refuse(ErrorCode::unavailable));
    EXPECT_TRUE(refuse(ErrorCode::not_allowed));
    EXPECT_TRUE(refuse(ErrorCode::unavailable));
}

TEST_F(Broken, Promise5WhereAMessageIsShownTwice) {
    shown_once()->looked_at(scene_, device(0), showing({shown(1, 4), shown(1, 0)}));
    EXPECT_EQ(broken(), 5);
}

TEST_F(Broken, Promise6WhereACommandIsLost) {
    SqliteChance chance(1);
    ASSERT_TRUE(device(0).node->start());
    device(0).ledger.add(uuid(9), protocol::MessageSend{}, to_id(ada)).kept = true;
    outbox()->looked_at(scene_, device(0), showing({}));
    EXPECT_EQ(broken(), 6);
}

TEST_F(Broken, Promise6WhereWhatWasDoneIsRefusedWhenItComesAgain) {
    founded();
    message(4, ben, 1);
    device(1).ledger.add(uuid(1), protocol::MessageSend{}, to_id(ben));
    for (const auto code : {ErrorCode::rate_limited, ErrorCode::follows_refused, ErrorCode::unavailable,
                            ErrorCode::disk_full, ErrorCode::token_expired, ErrorCode::revoked})
        say(*ben_, protocol::ErrorReply{.code = code}, {}, uuid(1));
    EXPECT_EQ(broken(), -1);
    say(*ben_, protocol::ErrorReply{.code = ErrorCode::not_allowed}, {}, uuid(1));
    EXPECT_EQ(broken(), 6);
}

TEST_F(Broken, Promise6WhereAMessageIsAcceptedBeforeTheOneThatItFollows) {
    founded();
    scene_.people()[1]->by_http.add(uuid(1), protocol::MessageSend{}, to_id(ben)).follows = uuid(2);
    message(4, ben, 2);
    message(5, ben, 1);
    say(*ben_, protocol::MessageAccepted{}, 5, uuid(1));
    EXPECT_EQ(broken(), -1);
    scene_.people()[1]->by_http.add(uuid(3), protocol::MessageSend{}, to_id(ben)).follows = uuid(4);
    message(6, ben, 3);
    message(7, ben, 4);
    say(*ben_, protocol::MessageAccepted{}, 6, uuid(3));
    EXPECT_EQ(broken(), 6);
}

/// A token up to this position, as the server gives them out.
std::string sealed(std::int64_t position) {
    const server::Tokens tokens{server::RootSecret{}};
    return tokens.make_sync({.epoch = 1, .position = position}, ben);
}

TEST_F(Broken, Promise9WhereATokenCoversWhatWasNotTold) {
    founded();
    server::Batch batch{.first_position = 7, .last_position = 7, .effects = {}};
    batch.effects.emplace_back(change(4, text(ada), uuid(1)));
    scene_.committed(batch);
    say(*ben_, protocol::Pong{.token = sealed(6)});
    EXPECT_EQ(broken(), -1);
    say(*ben_, protocol::Pong{.token = sealed(7)});
    EXPECT_EQ(broken(), 9);
}

TEST_F(Broken, Promise9WhereATokenCoversWhatWasTold) {
    founded();
    server::Batch batch{.first_position = 7, .last_position = 7, .effects = {}};
    batch.effects.emplace_back(change(4, text(ada), uuid(1)));
    scene_.committed(batch);
    say(*ben_, text(ada), 4, {}, uuid(1));
    say(*ben_, protocol::Pong{.token = sealed(7)});
    EXPECT_EQ(broken(), -1);
}

/// Of a resume in several parts, of which the first round is over.
std::string in_second_round(std::int64_t position) {
    const server::Tokens tokens{server::RootSecret{}};
    return tokens.make_sync(
        {.epoch = 1, .position = position, .states_as_of = position + 5, .states_below = position + 3}, ben);
}

TEST_F(Broken, Promise9WhereAPartOfAResumeLeftOutWhatDidNotMoveMeanwhile) {
    founded();
    server::Batch batch{.first_position = 7, .last_position = 7, .effects = {}};
    batch.effects.emplace_back(change(4, text(ada), uuid(1)));
    scene_.committed(batch);
    say(*ben_, protocol::Sync{.token = in_second_round(7)});
    EXPECT_EQ(broken(), 9);
}

TEST_F(Broken, Promise9WhereAPartOfAResumeStillOwesWhatMovedMeanwhile) {
    founded();
    server::Batch batch{.first_position = 7, .last_position = 7, .effects = {}};
    batch.effects.emplace_back(change(4, text(ada), uuid(1)));
    scene_.committed(batch);
    server::Batch later{.first_position = 8, .last_position = 8, .effects = {}};
    later.effects.emplace_back(change(5, text(ada), uuid(2)));
    scene_.committed(later);
    say(*ben_, protocol::Sync{.token = in_second_round(7)});
    EXPECT_EQ(broken(), -1);
}

TEST_F(Broken, AnUnreadableTokenIsNotPassedOver) {
    founded();
    say(*ben_, protocol::Pong{.token = "t2.nonsense"});
    EXPECT_EQ(broken(), 0);
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

TEST_F(Broken, Promise11WhereAMessageIsUnreadInTheList) {
    core::ConversationView view;
    view.stream = to_id(the_group);
    view.last = shown(1, 4);
    view.last->own = true;
    const auto promise = states_forward();
    view.last->state = core::MessageState::delivered;
    promise->listed(scene_, device(0), {view});
    EXPECT_EQ(broken(), -1);
    view.last->state = core::MessageState::sent;
    promise->listed(scene_, device(0), {view});
    EXPECT_EQ(broken(), 11);
}

TEST_F(Broken, Promise12WhereTheOthersAreToldOfMoreThanWasRead) {
    founded();
    message(4, ada, 1);
    auto batch = receipt_batch(ben, 0);
    auto& receipt = std::get<server::ReceiptMoved>(batch.effects.front()).receipt;
    const auto promise = positions_grow();
    receipt.read = 1;
    promise->committed(scene_, batch);
    EXPECT_EQ(broken(), -1);
    receipt.read = 4;
    promise->committed(scene_, batch);
    EXPECT_EQ(broken(), 12);
}

TEST_F(Broken, Promise12WhereAReadPositionFalls) {
    server::Batch batch;
    for (const std::int64_t upto : {7, 6}) {
        protocol::ReadChanged read{.conversation = to_id(the_group), .upto = upto};
        batch.effects.emplace_back(server::AccountChange{
            .account = ada, .change = {.seq = upto == 7 ? 1 : 2, .born = 1, .payload = read}});
    }
    scene_.committed(batch);
    EXPECT_EQ(broken(), 12);
}

}  // namespace
}  // namespace parley::sim
