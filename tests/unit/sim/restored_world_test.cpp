// A server that was restored is held to everything that its backup has, and to everything that comes after.

#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim {
namespace {

core::MessageView& message(Showing& showing, const std::string& text) {
    return *std::ranges::find(showing.messages, text, &core::MessageView::text);
}

/// A backup of the living world is made; then Ada says something that it does not have.
class Restored : public Living {
  protected:
    Restored() {
        EXPECT_TRUE(read(ben, 5));
        pass(seconds(5));
        for (const auto& device : scene_.devices())
            look(*device);
        backup_ = scene_.server().back_up();
        lost_ = say(ada, "lost");
        pass(seconds(10));
        EXPECT_EQ(broken(), -1) << said();
    }

    Uuid say(std::size_t person, const std::string& text) {
        protocol::MessageSend message{.text = text};
        message.target.stream = group_;
        const auto given = scene_.give(of(person), std::move(message));
        EXPECT_TRUE(given);
        return given.value_or(Uuid{});
    }
    std::optional<Uuid> read(std::size_t person, std::int64_t upto) {
        protocol::Read read{.upto = upto};
        read.target.stream = group_;
        return scene_.give(of(person), std::move(read));
    }
    void start_on_backup(ServerNode::Return how = ServerNode::Return::restored,
                         std::optional<ServerNode::CutOff> cut_off = {}) {
        scene_.server().return_at_next_start(backup_, how, cut_off);
        scene_.server().die(ServerNode::Death::killed);
        pass(seconds(1));
        ASSERT_TRUE(scene_.server().start());
    }
    void go_back(ServerNode::Return how = ServerNode::Return::restored) {
        start_on_backup(how);
        pass(seconds(60));
        for (const auto& device : scene_.devices())
            ASSERT_TRUE(scene_.list(*device));
        ASSERT_EQ(broken(), -1) << said();
    }
    /// The group, as the device shows it.
    Showing shown(Device& device) {
        const auto views = device.node->client().conversations(0, 10);
        const auto view = std::ranges::find(*views, group_, &core::ConversationView::stream);
        return *everything_shown(device.node->client(), *view);
    }
    void look(Device& device) { look(device, shown(device)); }
    void look(Device& device, const Showing& showing) {
        for (const auto& promise : {same_rows, shown_once, states_forward})
            promise()->looked_at(scene_, device, showing);
    }
    bool expects(std::size_t person, const Uuid& command) {
        const auto& given = of(person).ledger.given();
        return std::ranges::find(given, command, &Given::id) != given.end();
    }

    int backup_ = 0;
    Uuid lost_;
};

class RestoredEither : public Restored, public testing::WithParamInterface<ServerNode::Return> {};

TEST_P(RestoredEither, NothingIsBrokenInIt) {
    go_back(GetParam());
    auto showing = shown(of(ben));
    EXPECT_TRUE(message(showing, "lost").not_on_server);
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
}

/// Once with the second backup, which has what the first one lacks, and once more with the first. Copied
/// files may bring back a lower epoch than devices know, and then the first of them to come begins another
/// one.
TEST_P(RestoredEither, NothingIsBrokenWhereAnOlderBackupComesBackAfterANewerOne) {
    const int older = std::exchange(backup_, scene_.server().back_up());
    say(ada, "lost at once");
    pass(seconds(10));
    go_back(GetParam());
    auto showing = shown(of(ben));
    EXPECT_FALSE(message(showing, "lost").not_on_server) << "the second one has it";
    EXPECT_TRUE(message(showing, "lost at once").not_on_server);
    scene_.check_at_rest();
    ASSERT_EQ(broken(), -1) << said();
    backup_ = older;
    go_back(GetParam());
    showing = shown(of(ben));
    EXPECT_TRUE(message(showing, "lost").not_on_server);
    EXPECT_TRUE(message(showing, "lost at once").not_on_server);
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
}

TEST_P(RestoredEither, NothingIsBrokenWhereTheSameBackupComesBackTwice) {
    go_back(GetParam());
    say(ada, "lost as well");
    pass(seconds(10));
    go_back(GetParam());
    auto showing = shown(of(ben));
    EXPECT_TRUE(message(showing, "lost").not_on_server);
    EXPECT_TRUE(message(showing, "lost as well").not_on_server);
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(Restored, OfBackupsTheLastTwoAreKept) {
    const int second = scene_.server().back_up();
    const int third = scene_.server().back_up();
    EXPECT_EQ(scene_.server().backups(), (std::vector{second, third}));
}

/// Wherever a restore is killed there is one store or the other, and the world goes on with it.
TEST_F(Restored, NothingIsBrokenWhereARestoreIsKilled) {
    int undone = 0;
    for (int number = 0; number < 36; ++number) {
        const int step = number / 4 + 1;
        const ServerNode::CutOff cut_off{
            .death = number % 2 == 0 ? RestoreDeath{.own = step} : RestoreDeath{.write = step * step},
            .done_again = number % 4 < 2};
        const std::string text = "lost perhaps " + std::to_string(number);
        say(ada, text);
        pass(seconds(5));
        start_on_backup(ServerNode::Return::restored, cut_off);
        pass(seconds(30));
        auto showing = shown(of(ben));
        const bool lost = message(showing, text).not_on_server;
        EXPECT_TRUE(lost || !cut_off.done_again) << number;
        undone += lost ? 0 : 1;
        for (const auto& device : scene_.devices())
            ASSERT_TRUE(scene_.list(*device));
        ASSERT_EQ(broken(), -1) << number << ": " << said();
    }
    EXPECT_GT(undone, 9);
    EXPECT_LT(undone, 18);
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
}

/// As where a device comes that knows of a later epoch than the server which was put back.
TEST_F(Restored, NothingIsBrokenWhereARunningServerBeginsAnEpoch) {
    const std::int64_t before = head();
    server::Origin origin;
    origin.account = key(ben);
    ASSERT_TRUE(scene_.server().submit({.origin = origin,
                                        .command = server::TokenAhead{{.epoch = 2, .position = 1}},
                                        .at = scene_.server().now().wall}));
    say(ada, "under way meanwhile");
    pass(seconds(60));
    EXPECT_GT(scene_.history().find(group_)->base, before) << "its numbers have jumped";
    say(ada, "in the new one");
    pass(seconds(60));
    auto showing = shown(of(cyd));
    for (const auto* text : {"lost", "under way meanwhile", "in the new one"})
        EXPECT_FALSE(message(showing, text).not_on_server) << text;
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
}

INSTANTIATE_TEST_SUITE_P(BothWays, RestoredEither,
                         testing::Values(ServerNode::Return::restored, ServerNode::Return::copied),
                         [](const auto& way) {
                             return way.param == ServerNode::Return::restored ? "ByRestore" : "ByCopiedFiles";
                         });

/// What a device might show of a restored server, and what promise 4 says to it; empty: nothing.
struct Shown {
    const char* name;
    void (*change)(Showing& showing);
    std::string_view answer;
};

class RestoredShown : public Restored, public testing::WithParamInterface<Shown> {};

constexpr Shown everything_that_might_be_shown[] = {
    {"WhatIsLostAsIfItWereThere", [](Showing& showing) { message(showing, "lost").not_on_server = false; },
     "never committed so"},
    {"WhatIsLostToWhoIsOut",
     [](Showing& showing) {
         message(showing, "lost").not_on_server = false;
         showing.view.present = false;
     },
     ""},
    {"AsLostWhatWasNeverThere", [](Showing& showing) { message(showing, "lost").text = "another"; },
     "never committed so"},
    {"AsLostWhatTheServerHolds", [](Showing& showing) { message(showing, "hello").not_on_server = true; },
     "says that the server lost"},
    {"WhatIsNotLostElsewhere",
     [](Showing& showing) {
         std::erase_if(showing.messages, [](const auto& one) { return one.text != "hello"; });
         showing.messages.front().born = 4;
     },
     "which stood at 5 before"},
};

TEST_P(RestoredShown, IsHeldToPromise4) {
    go_back();
    auto showing = shown(of(ben));
    GetParam().change(showing);
    look(of(ben), showing);
    EXPECT_EQ(broken(), GetParam().answer.empty() ? -1 : 4) << said();
    EXPECT_TRUE(says(std::string(GetParam().answer))) << said();
}

INSTANTIATE_TEST_SUITE_P(All, RestoredShown, testing::ValuesIn(everything_that_might_be_shown),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_F(Restored, WhatIsLostAndComesAgainBeginsAnew) {
    auto showing = shown(of(ada));
    EXPECT_EQ(message(showing, "lost").state, core::MessageState::delivered);
    look(of(ada), showing);
    go_back();
    // As from a second device of hers, on which it waited still.
    showing = shown(of(ada));
    auto& comes = message(showing, "lost");
    comes.born = head() + 1;
    comes.not_on_server = false;
    comes.state = core::MessageState::sent;
    states_forward()->looked_at(scene_, of(ada), showing);
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(Restored, WhatIsLostAndWaitedStillMayFail) {
    look(of(ada));
    go_back();
    auto showing = shown(of(ada));
    // Its row came before its answer, and then she was refused.
    const auto waits = [&](const char* text) {
        message(showing, text).born = 0;
        message(showing, text).not_on_server = false;
        message(showing, text).state = core::MessageState::failed;
        states_forward()->looked_at(scene_, of(ada), showing);
    };
    waits("lost");
    EXPECT_EQ(broken(), -1) << said();
    waits("hello");
    EXPECT_EQ(broken(), 11) << "the server holds it";
}

TEST_F(Restored, Promise11WhereAMessageThatIsNotLostIsUnread) {
    auto showing = shown(of(ada));
    EXPECT_EQ(message(showing, "hello").state, core::MessageState::delivered);
    look(of(ada), showing);
    go_back();
    showing = shown(of(ada));
    message(showing, "hello").state = core::MessageState::sent;
    look(of(ada), showing);
    EXPECT_EQ(broken(), 11);
}

TEST_F(Restored, Promise12WhereAReadPositionOfBeforeTheBackupFalls) {
    go_back();
    server::Batch batch;
    batch.effects.emplace_back(
        server::ReceiptMoved{.conversation = *server::conversation_key(group_.text()),
                             .receipt = {.account = account(ben), .delivered = 1, .read = 1},
                             .account = key(ben)});
    scene_.committed(batch);
    EXPECT_EQ(broken(), 12);
}

TEST_F(Restored, Promise13WhereWhatIsLostIsDelivered) {
    const auto promise = delivered_is_held();
    go_back();
    auto showing = shown(of(ada));
    std::erase_if(showing.messages, [](const auto& one) { return one.text != "lost"; });
    EXPECT_EQ(message(showing, "lost").state, core::MessageState::sent);
    promise->looked_at(scene_, of(ada), showing);
    EXPECT_EQ(broken(), -1) << said();
    message(showing, "lost").state = core::MessageState::delivered;
    promise->looked_at(scene_, of(ada), showing);
    EXPECT_EQ(broken(), 13);
    EXPECT_TRUE(says("the server lost it")) << said();
}

TEST_F(Restored, Promise6WhereWhatStillWaitedIsGone) {
    of(ben).node->link().up = false;
    of(ben).node->cut(false);
    const Uuid waits = say(ben, "waits");
    of(ben).node->link().up = true;
    go_back();
    EXPECT_FALSE(expects(ada, lost_)) << "it was done, and nobody has a reason to ask for it again";
    EXPECT_TRUE(expects(ben, waits));
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
    of(ben).ledger.add(uuid(9), protocol::MessageSend{.text = "gone"}, account(ben)).kept = true;
    outbox()->looked_at(scene_, of(ben), {});
    EXPECT_EQ(broken(), 6);
}

TEST_F(Restored, OfReadsThoseThatWaitedAreExpected) {
    const auto done = read(ben, 6);
    ASSERT_TRUE(done);
    pass(seconds(5));
    of(cyd).node->link().up = false;
    of(cyd).node->cut(false);
    pass(seconds(1));
    const auto waits = read(cyd, 5);
    ASSERT_TRUE(waits);
    start_on_backup();
    // Nothing new, as far as he knows.
    const auto again = read(cyd, 5);
    ASSERT_TRUE(again);
    of(cyd).node->link().up = true;
    pass(seconds(60));
    for (const auto& device : scene_.devices())
        ASSERT_TRUE(scene_.list(*device));
    EXPECT_FALSE(expects(ben, *done));
    // Of two that say the same one goes out, and both are done with it.
    EXPECT_NE(expects(cyd, *waits), expects(cyd, *again));
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(Restored, OfReadsThoseThatHadFailedAreNotExpected) {
    of(cyd).node->link().up = false;
    of(cyd).node->cut(false);
    ASSERT_TRUE(read(cyd, 5));
    protocol::MemberRemove remove{.account = account(cyd)};
    remove.target.stream = group_;
    ASSERT_TRUE(scene_.give(of(ada), std::move(remove)));
    pass(seconds(5));
    of(cyd).node->link().up = true;
    of(cyd).node->tell_network(true);
    pass(seconds(10));
    ASSERT_EQ(of(cyd).node->client().outbox()->size(), 1U) << "he was out by then";
    go_back();
    EXPECT_LT(scene_.history().read(account(cyd), group_), 5) << "he is in it again";
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
}

/// It was done in the second backup, whose answer was lost, and refused after the return of the first one.
TEST_F(Restored, WhatWasRefusedInWhatIsLostMayBeShownAsFailed) {
    of(cyd).node->link().answers = false;
    const auto done = read(cyd, head());
    ASSERT_TRUE(done);
    pass(seconds(5));
    const int second = scene_.server().back_up();
    of(cyd).node->link().up = false;
    of(cyd).node->cut(false);
    start_on_backup();
    pass(seconds(10));
    protocol::MemberRemove remove{.account = account(cyd)};
    remove.target.stream = group_;
    ASSERT_TRUE(scene_.give(of(ada), std::move(remove)));
    pass(seconds(5));
    of(cyd).node->link().answers = true;
    of(cyd).node->link().up = true;
    of(cyd).node->tell_network(true);
    pass(seconds(10));
    const auto outbox_is = [&] {
        return of(cyd).node->client().outbox().value();
    };
    ASSERT_EQ(outbox_is().size(), 1U);
    ASSERT_EQ(outbox_is().front().state, core::CommandState::failed);
    backup_ = second;
    go_back();
    EXPECT_TRUE(scene_.said().done.contains({account(cyd), *done}));
    outbox()->looked_at(scene_, of(cyd), shown(of(cyd)));
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(Restored, OfAReadWhatIsStillThereIsExpected) {
    of(cyd).node->link().up = false;
    of(cyd).node->cut(false);
    pass(seconds(1));
    const auto waits = read(cyd, head());
    ASSERT_TRUE(waits);
    ASSERT_EQ(of(cyd).ledger.find(*waits)->command, protocol::Payload(protocol::Read{{.stream = group_}, 6}));
    of(cyd).node->link().up = true;
    go_back();
    EXPECT_TRUE(expects(cyd, *waits));
    EXPECT_EQ(scene_.history().read(account(cyd), group_), 5);
    scene_.check_at_rest();
    EXPECT_EQ(broken(), -1) << said();
}

}  // namespace
}  // namespace parley::sim
