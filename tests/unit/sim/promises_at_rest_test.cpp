// Each promise that looks at a device at rest is shown one that is behind, and must say so.

#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace parley::sim {
namespace {

TEST_F(Living, NothingIsBrokenInIt) {
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
    EXPECT_EQ(head(), 5);
}

TEST_F(Living, Promise4WhereADeviceShowsAnOldTitle) {
    commit_untold(
        protocol::ConversationChanged{
            .kind = protocol::ConversationKind::group, .title = "new", .by = account(ada)},
        1);
    ASSERT_EQ(broken(), -1) << said();
    look_at_rest(same_rows(), of(ben));
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("has the title group")) << said();
}

TEST_F(Living, Promise4WhereADeviceCountsOneWhoHasLeft) {
    member_untold(ben, protocol::Role::member, false, ada);
    ASSERT_EQ(broken(), -1) << said();
    look_at_rest(same_rows(), of(ada));
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("counts 3 members of 2")) << said();
}

/// Ada goes, Ben inherits the group, and brings her back.
TEST_F(Living, Promise4WhereADeviceShowsTheOthersInOldRoles) {
    member_untold(ben, protocol::Role::owner, true, ada);
    member_untold(ada, protocol::Role::owner, false, ada);
    member_untold(ada, protocol::Role::member, true, ben);
    ASSERT_EQ(broken(), -1) << said();
    look_at_rest(same_rows(), of(cyd));
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("lists other members, or in other roles")) << said();
}

TEST_F(Living, Promise4WhereADeviceShowsItsPersonInAnOldRole) {
    member_untold(ben, protocol::Role::owner, true, ada);
    member_untold(ada, protocol::Role::owner, false, ada);
    look_at_rest(same_rows(), of(ben));
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("shows another role than one has")) << said();
}

TEST_F(Living, Promise4WhereADeviceShowsAMemberUnderAnotherName) {
    member_untold(ben, protocol::Role::member, false, ada);
    member_untold(ben, protocol::Role::member, true, ada);
    ASSERT_EQ(broken(), -1) << said();
    look_at_rest(same_rows(), of(cyd));
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("as ben")) << said();
}

TEST_F(Living, Promise4WhereADeviceListsSomethingElseThanTheNewestMessage) {
    auto all = everything_of(of(ben));
    const auto promise = same_rows();
    promise->device_at_rest(scene_, of(ben), all);
    ASSERT_EQ(broken(), -1) << said();
    all.front().view.last.reset();
    promise->device_at_rest(scene_, of(ben), all);
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("lists nothing as the newest")) << said();
}

TEST_F(Living, Promise4WhereADeviceDoesNotListAnotherOfItsPerson) {
    server::AccountChange phone{.account = key(ben), .change = {}};
    phone.change.seq = phone.change.born = scene_.history().find(StreamId(account(ben).text()))->head() + 1;
    phone.change.payload = protocol::DeviceChanged{
        .device = server::to_id(server::DeviceKey{77}), .name = "phone", .created_at = {5}, .present = true};
    server::Batch batch{.first_position = 1'000, .last_position = 1'000, .effects = {}};
    batch.effects.emplace_back(std::move(phone));
    scene_.committed(batch);
    ASSERT_EQ(broken(), -1) << said();
    look_at_rest(same_rows(), of(ben));
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("lists 1 devices")) << said();
}

TEST_F(Living, Promise4WhereSomebodyIsHisOwnCounterpart) {
    protocol::MessageSend message{.text = "to you"};
    message.target.direct = account(ben);
    ASSERT_TRUE(scene_.give(of(ada), std::move(message)));
    pass(seconds(10));
    auto all = everything_of(of(ada));
    const auto promise = same_rows();
    promise->device_at_rest(scene_, of(ada), all);
    ASSERT_EQ(broken(), -1) << said();
    for (auto& showing : all)
        if (showing.view.summary.peer) showing.view.summary.peer->account = account(ada);
    promise->device_at_rest(scene_, of(ada), all);
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("who the other one is")) << said();
}

TEST_F(Living, Promise6WhereWhatWaitsIsNotShown) {
    of(ben).node->link().up = false;
    of(ben).node->cut(false);
    protocol::MessageSend message{.text = "waits"};
    message.target.stream = group_;
    ASSERT_TRUE(scene_.give(of(ben), std::move(message)));
    auto showing = everything_of(of(ben)).front();
    outbox()->looked_at(scene_, of(ben), showing);
    ASSERT_EQ(broken(), -1) << said();
    ASSERT_EQ(showing.messages.back().born, 0);
    showing.messages.pop_back();
    outbox()->looked_at(scene_, of(ben), showing);
    EXPECT_EQ(broken(), 6);
    EXPECT_TRUE(says("does not show command")) << said();
}

TEST_F(Living, Promise6WhereWhatDoesNotWaitIsShownAsWaiting) {
    auto showing = everything_of(of(ben)).front();
    showing.messages.back().born = 0;
    outbox()->looked_at(scene_, of(ben), showing);
    EXPECT_EQ(broken(), 6);
    EXPECT_TRUE(says("as waiting, which its outbox does not hold")) << said();
}

TEST_F(Living, Promise11WhereNobodyIsToldThatItArrived) {
    auto all = everything_of(of(ada));
    const auto promise = states_arrive();
    promise->device_at_rest(scene_, of(ada), all);
    ASSERT_EQ(broken(), -1) << said();
    ASSERT_EQ(all.front().messages.back().state, core::MessageState::delivered);
    all.front().messages.back().state = core::MessageState::sent;
    promise->device_at_rest(scene_, of(ada), all);
    EXPECT_EQ(broken(), 11);
    EXPECT_TRUE(says("everybody who sees it has it")) << said();
}

TEST_F(Living, Promise11WhereNobodyIsToldThatItWasRead) {
    for (const std::size_t person : {ben, cyd}) {
        server::AccountChange read{.account = key(person), .change = {}};
        read.change.seq = scene_.history().find(StreamId(account(person).text()))->head() + 1;
        read.change.born = read.change.seq;
        read.change.payload = protocol::ReadChanged{.conversation = group_, .upto = 5};
        server::Batch batch{.first_position = 1'000, .last_position = 1'000, .effects = {}};
        batch.effects.emplace_back(std::move(read));
        look_at_rest(states_arrive(), of(ada));
        ASSERT_EQ(broken(), -1) << said();
        scene_.committed(batch);
    }
    look_at_rest(states_arrive(), of(ada));
    EXPECT_EQ(broken(), 11);
    EXPECT_TRUE(says("everybody who sees it has read it")) << said();
}

TEST_F(Living, Promise5WhereADeviceLacksAMessage) {
    message_untold();
    ASSERT_EQ(broken(), -1) << said();
    look_at_rest(shown_once(), of(ben));
    EXPECT_EQ(broken(), 5);
    EXPECT_TRUE(says("does not show the message born 6")) << said();
}

TEST_F(Living, Promise5WhereADeviceLacksAConversation) {
    shown_once()->device_at_rest(scene_, of(ben), {});
    EXPECT_EQ(broken(), 5);
    EXPECT_TRUE(says("does not list this conversation")) << said();
}

TEST_F(Living, Promise6WhereADeviceThatNobodySignedOutHasErasedItself) {
    of(ben).node->link().up = false;
    of(ben).node->cut(false);
    protocol::MessageSend message{.text = "waits"};
    message.target.stream = group_;
    ASSERT_TRUE(scene_.give(of(ben), std::move(message)));
    of(ben).node->act([&](core::Client& client) { client.erase(of(ben).node->now()); });
    scene_.sign_in(of(ben));
    outbox()->looked_at(scene_, of(ben), {});
    EXPECT_EQ(broken(), 6);
}

TEST_F(Living, WhoWasSignedOutErasesHimselfAndMayEndBeforeHeSaysSo) {
    of(ben).node->link().up = false;
    of(ben).node->cut(false);
    protocol::MessageSend message{.text = "waits"};
    message.target.stream = group_;
    ASSERT_TRUE(scene_.give(of(ben), std::move(message)));
    const DeviceId was = *of(ben).node->client().device();
    server::AccountChange change{.account = key(ben), .change = {}};
    const std::int64_t seq = scene_.history().find(StreamId(account(ben).text()))->head() + 1;
    change.change = {
        .id = {},
        .seq = seq,
        .born = seq,
        .timestamp = {5},
        .payload = protocol::DeviceChanged{.device = was, .name = "n", .created_at = {5}, .present = false}};
    server::Batch batch{.first_position = 1'000, .last_position = 1'000, .effects = {}};
    batch.effects.emplace_back(std::move(change));
    scene_.committed(batch);
    of(ben).node->act([&](core::Client& client) { client.erase(of(ben).node->now()); });
    scene_.sign_in(of(ben));
    EXPECT_TRUE(of(ben).ledger.given().empty());
    outbox()->looked_at(scene_, of(ben), {});
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(Living, Promise9WhereADeviceLacksARow) {
    message_untold();
    look_at_rest(same_as_fresh(), of(ben));
    EXPECT_EQ(broken(), 9);
    EXPECT_TRUE(says("lacks the row born 6")) << said();
}

TEST_F(Living, Promise9WhereADeviceHoldsAnOldRow) {
    commit_untold(
        protocol::ConversationChanged{
            .kind = protocol::ConversationKind::group, .title = "new", .by = account(ada)},
        1);
    look_at_rest(same_as_fresh(), of(ben));
    EXPECT_EQ(broken(), 9);
    EXPECT_TRUE(says("holds the row born 1 as of 1")) << said();
}

TEST_F(Living, Promise9WhereALatecomerShowsSomethingElse) {
    const auto others_show = everything_of(of(ben));
    const auto promise = latecomers_see_the_same();
    const auto see = [&](const std::vector<Showing>& shows) {
        promise->latecomer_at_rest(scene_, of(ben), shows, others_show);
    };
    auto shows = others_show;
    shows.front().messages.front().not_on_server = false;
    see(shows);
    ASSERT_EQ(broken(), -1) << said();
    shows.front().messages.pop_back();
    see(shows);
    EXPECT_TRUE(says("shows 0 messages of 1")) << said();
}

TEST_F(Living, Promise9WhereALatecomerHasReadMore) {
    const auto others_show = everything_of(of(ben));
    auto shows = others_show;
    shows.front().view.read += 2;
    latecomers_see_the_same()->latecomer_at_rest(scene_, of(ben), shows, others_show);
    EXPECT_EQ(broken(), 9);
    EXPECT_TRUE(says("another read position")) << said();
}

TEST_F(Living, Promise9WhereALatecomerLacksAConversation) {
    latecomers_see_the_same()->latecomer_at_rest(scene_, of(ben), {}, everything_of(of(ben)));
    EXPECT_EQ(broken(), 9);
    EXPECT_TRUE(says("does not list it")) << said();
}

TEST_F(Living, ALatecomerWithAnOldDiskShowsTheSame) {
    const auto others_show = everything_of(of(ben));
    const auto old = of(ben).node->disk().copy("old");
    protocol::MessageSend message{.text = "later"};
    message.target.stream = group_;
    scene_.give(of(ada), std::move(message));
    pass(seconds(10));
    const auto now_shown = everything_of(of(ben));
    ASSERT_EQ(now_shown.front().messages.size(), others_show.front().messages.size() + 1);
    const auto tokens = of(ben).node->held().tokens();
    ASSERT_TRUE(tokens);
    ASSERT_TRUE(put_tokens(*old, *tokens));
    of(ben).node->die(false);
    pass(milliseconds(1));
    of(ben).node->disk().become(*old);
    of(ben).node->disk().settle();
    ASSERT_TRUE(of(ben).node->start());
    EXPECT_EQ(everything_of(of(ben)).front().messages.size(), others_show.front().messages.size());
    pass(seconds(10));
    scene_.check_latecomer(of(ben), now_shown);
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(Living, ALatecomerWhoIsFreshShowsTheSame) {
    const auto others_show = everything_of(of(ben));
    Device& fresh = scene_.add_device(*of(ben).person, "ben/fresh");
    fresh.node->start();
    scene_.sign_in(fresh);
    pass(seconds(10));
    scene_.check_latecomer(fresh, others_show);
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(Living, Promise12WhereADeviceHasReadWhatNobodyRead) {
    auto showing = everything_of(of(ben)).front();
    const auto promise = positions_grow();
    promise->looked_at(scene_, of(ben), showing);
    ASSERT_EQ(broken(), -1) << said();
    showing.view.read += 2;
    promise->looked_at(scene_, of(ben), showing);
    EXPECT_EQ(broken(), 12);
}

TEST_F(Living, Promise13WhereADeviceAcknowledgesWhatItDoesNotHold) {
    message_untold();
    const auto promise = delivered_is_held();
    protocol::Envelope envelope;
    envelope.payload = protocol::Ack{.streams = {{.stream = group_, .seq = 5}}};
    promise->device_said(scene_, of(ben), envelope);
    ASSERT_EQ(broken(), -1) << said();
    envelope.payload = protocol::Ack{.streams = {{.stream = group_, .seq = 6}}};
    promise->device_said(scene_, of(ben), envelope);
    EXPECT_EQ(broken(), 13);
    EXPECT_TRUE(says("holds 0 of 1 messages from 6 on, and not the newest")) << said();
}

TEST_F(Living, Promise14WhereADeviceCountsWrongly) {
    message_untold();
    look_at_rest(counts(), of(ben));
    EXPECT_EQ(broken(), 14);
    EXPECT_TRUE(says("shows 1 unread")) << said();
}

/// As it is, and then where it does not count the message that came after the counts.
TEST_F(Living, Promise14WhereADeviceDoesNotAddWhatCameSince) {
    const auto say = [this](const char* text) {
        protocol::MessageSend message{.text = text};
        message.target.stream = group_;
        scene_.give(of(ada), std::move(message));
        pass(seconds(10));
    };
    of(ben).node->die(false);
    say("while he is away");
    of(ben).node->start();
    say("while he is there");
    auto showing = everything_of(of(ben)).front();
    const auto promise = counts();
    promise->looked_at(scene_, of(ben), showing);
    ASSERT_EQ(broken(), -1) << said();
    ASSERT_EQ(showing.view.unread, 3);
    --showing.view.unread;
    promise->looked_at(scene_, of(ben), showing);
    EXPECT_EQ(broken(), 14);
    EXPECT_TRUE(says("which leaves 3 and 0")) << said();
}

TEST_F(Living, Promise14WhereADeviceHoldsOlderCountsThanItWasTold) {
    Nobody nobody;
    Wire wire(scene_.world(),
              Wire::Ends{.server = scene_.server(),
                         .device = nobody,
                         .device_life = std::make_shared<Life>(),
                         .link = of(ben).node->link(),
                         .device_name = of(ben).node->name()},
              scene_.world().next_number());
    const auto promise = counts();
    const SignedIn who{.account = account(ben), .device = *of(ben).node->client().device()};
    const auto say = [&](protocol::Payload payload) {
        protocol::Envelope envelope;
        envelope.stream = group_;
        envelope.payload = std::move(payload);
        promise->server_said(scene_, wire, who, envelope);
    };
    say(protocol::AuthOk{});
    look_at_rest(promise, of(ben));
    ASSERT_EQ(broken(), -1) << said();
    say(protocol::ReadOk{.upto = 4, .unread = 1, .as_of = {.conversation = 5, .account = 1'000}});
    look_at_rest(promise, of(ben));
    EXPECT_EQ(broken(), 14);
    EXPECT_TRUE(says("it was told newer ones")) << said();
}

}  // namespace
}  // namespace parley::sim
