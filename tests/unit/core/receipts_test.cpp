#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using core::MessageState;
using testing::IsEmpty;
using testing::SizeIs;

class Receipts : public testing::Test {
  protected:
    Receipts() {
        script.go_live();
        script.join("c1");
        script.give(
            {Script::pushed("c1", 1, Script::member("me")), Script::pushed("c1", 2, Script::member("you"))});
        script.wait(1000);
        script.forget();
    }
    void come_back() {
        script.reconnect();
        script.resumed();
        script.wait(2000);
    }
    std::vector<protocol::Ack> acks() {
        std::vector<protocol::Ack> acks;
        for (const auto& sent : script.sent_of<protocol::Ack>())
            acks.push_back(std::get<protocol::Ack>(sent.payload));
        return acks;
    }
    void push(std::int64_t seq) { script.give({Script::pushed("c1", seq, Script::said("text"))}); }
    void receipt(const std::string& who, std::int64_t delivered, std::int64_t read) {
        protocol::Envelope envelope;
        envelope.stream = StreamId("c1");
        envelope.payload = protocol::Receipt{AccountId(who), delivered, read};
        script.give({envelope});
    }
    MessageState state_of_last() { return script.view("c1").last->state; }
    MessageState state_of(std::int64_t born) {
        const auto window = script.core().window(StreamId("c1"), {.limit = 100});
        script.take();
        for (const auto& message : window->messages)
            if (message.born == born) return message.state;
        ADD_FAILURE() << "there is no message " << born;
        return MessageState::failed;
    }
    Uuid mine(std::int64_t seq) {
        const Uuid id = script.say("c1", "mine");
        script.accept(id, "c1", seq);
        return id;
    }
    static protocol::Change mine_again(std::int64_t seq, const Uuid& id) {
        auto row = Script::row(seq, Script::said("mine", "me"));
        row.id = id;
        return row;
    }
    /// The row stands at 2.
    void you(std::int64_t seq, bool present, std::optional<std::int64_t> from) {
        script.give({Script::pushed("c1", seq, Script::member("you", present, from), 2)});
    }
    struct Restored {
        std::int64_t from = 0;
        /// From where on the device asks for the changes.
        std::int64_t upto = 0;
        std::vector<protocol::Change> rows{};
        std::vector<protocol::Receipt> receipts{};
        /// One is the only member.
        bool alone = false;
    };
    /// The server was restored: what it tells first, and what it answers then.
    void restored(std::int64_t epoch, const Restored& told) {
        script.reconnect();
        script.forget();
        const std::int64_t head = told.from % limits::restore_jump + epoch * limits::restore_jump;
        auto state = script.state("c1", head);
        auto& payload = std::get<protocol::ConversationState>(state.payload);
        payload.restored_from = told.from;
        payload.receipts = told.receipts;
        script.give({state});
        script.resumed(std::to_string(epoch) + ":1", epoch);
        for (const auto& one : script.sent_of<protocol::Changes>()) {
            if (std::get<protocol::Changes>(one.payload).stream == StreamId("c1"))
                script.give(protocol::ChangesOk{told.upto, head, head, false, told.rows}, one.id);
        }
        script.give(protocol::RowsOk{head, false, {}}, script.sent_of<protocol::Rows>().back().id);
        std::vector members{Script::row(1, Script::member("me"))};
        if (!told.alone) members.push_back(Script::row(2, Script::member("you")));
        script.give(protocol::RowsOk{head, false, members}, script.sent_of<protocol::Rows>().back().id);
    }

    Script script;
};

TEST_F(Receipts, AcksAreCoalescedToOneASecond) {
    push(3);
    push(4);
    push(5);
    ASSERT_THAT(acks(), SizeIs(1));
    EXPECT_EQ(acks()[0].streams.at(0).seq, 3);
    script.wait(999);
    EXPECT_THAT(acks(), SizeIs(1));
    script.wait(2);
    ASSERT_THAT(acks(), SizeIs(2));
    EXPECT_EQ(acks()[1].streams.at(0).seq, 5);
}

TEST_F(Receipts, NothingIsAcknowledgedThatIsNotCommitted) {
    script.wait(2000);
    protocol::Envelope change = Script::pushed("c1", 3, Script::said("text"));
    std::string bytes;
    protocol::append_envelope(bytes, change, protocol::Encoding::cbor);
    for (std::int64_t call = 1; call < 40; ++call) {
        script.database().fail_at(script.database().calls() + call);
        script.core().handle_frame(bytes, script.now());
        script.database().fail_at(std::nullopt);
        script.take();
        script.database().crash();
        const bool held = script.database().number("SELECT count(*) FROM stream_row WHERE born = 3") == 1;
        EXPECT_TRUE(held || acks().empty());
        if (held) break;
        script.open();
        script.connect();
        script.auth_ok();
        script.resumed();
        script.wait(2000);
        script.forget();
    }
    EXPECT_FALSE(acks().empty());
}

TEST_F(Receipts, NothingAboveAHoleIsAcknowledged) {
    push(7);
    script.wait(5000);
    EXPECT_THAT(acks(), IsEmpty());
}

TEST_F(Receipts, AcksThatMayBeLostAreSentAgainOnTheNextConnection) {
    push(3);
    ASSERT_THAT(acks(), SizeIs(1));
    come_back();
    ASSERT_THAT(acks(), SizeIs(1));
    EXPECT_EQ(acks()[0].streams.at(0).seq, 3);
    // A pong to a later ping proves that it arrived.
    script.wait(25'000);
    script.give(protocol::Pong{"1:9", WallTime{1}});
    come_back();
    EXPECT_THAT(acks(), IsEmpty());
}

TEST_F(Receipts, AcksWaitForTheEndOfAResumeWhichMayTellOfAnotherEpoch) {
    push(3);
    script.reconnect();
    script.wait(2000);
    EXPECT_THAT(acks(), IsEmpty());
    script.resumed();
    script.wait(2000);
    ASSERT_THAT(acks(), SizeIs(1));
    EXPECT_EQ(acks()[0].streams.at(0).seq, 3);
}

// The server answers a ping at once, and may end before it has written the ack that came before it.
TEST_F(Receipts, APingRightAfterAnAckDoesNotProveIt) {
    push(3);
    ASSERT_THAT(acks(), SizeIs(1));
    script.wait(4'000);
    script.core().handle_network(true, script.now());
    script.take();
    script.give(protocol::Pong{"1:9", WallTime{1}});
    come_back();
    ASSERT_THAT(acks(), SizeIs(1));
    EXPECT_EQ(acks()[0].streams.at(0).seq, 3);
}

// The server could not write them, keeps them in memory alone, and may end before it can.
TEST_F(Receipts, APongWithoutATokenProvesNoAckAndItIsSentAgain) {
    push(3);
    ASSERT_THAT(acks(), SizeIs(1));
    script.wait(25'000);
    script.give(protocol::Pong{std::nullopt, WallTime{1}});
    ASSERT_THAT(acks(), SizeIs(2));
    EXPECT_EQ(acks()[1].streams.at(0).seq, 3);
    come_back();
    ASSERT_THAT(acks(), SizeIs(1));
    EXPECT_EQ(acks()[0].streams.at(0).seq, 3);
    script.wait(25'000);
    script.give(protocol::Pong{"1:9", WallTime{1}});
    come_back();
    EXPECT_THAT(acks(), IsEmpty());
}

TEST_F(Receipts, StatesOnlyMoveForward) {
    const Uuid id = script.say("c1", "mine");
    EXPECT_EQ(state_of_last(), MessageState::sending);
    script.accept(id, "c1", 3);
    EXPECT_EQ(state_of_last(), MessageState::sent);
    receipt("you", 3, 0);
    EXPECT_EQ(state_of_last(), MessageState::delivered);
    receipt("you", 2, 0);
    EXPECT_EQ(state_of_last(), MessageState::delivered);
    receipt("you", 3, 3);
    EXPECT_EQ(state_of_last(), MessageState::read);
    receipt("you", 1, 1);
    EXPECT_EQ(state_of_last(), MessageState::read);
    // Who comes later takes nothing back.
    script.give({Script::pushed("c1", 4, Script::member("they"))});
    EXPECT_EQ(state_of_last(), MessageState::read);
}

TEST_F(Receipts, DeliveredMeansEverybodyElse) {
    script.give({Script::pushed("c1", 3, Script::member("they"))});
    const Uuid id = script.say("c1", "mine");
    script.accept(id, "c1", 4);
    receipt("you", 4, 4);
    EXPECT_EQ(state_of_last(), MessageState::sent);
    receipt("they", 4, 0);
    EXPECT_EQ(state_of_last(), MessageState::delivered);
    // Who is gone is not waited for.
    script.give({Script::pushed("c1", 5, Script::member("they", false), 3)});
    EXPECT_EQ(state_of_last(), MessageState::read);
}

// The row that is missing may be that of a member who was there before the message.
TEST_F(Receipts, NobodyKnownIsEverybodyWhileAChangeIsMissing) {
    const Uuid id = script.say("c1", "mine");
    script.accept(id, "c1", 4);
    receipt("you", 4, 4);
    EXPECT_EQ(state_of_last(), MessageState::sent);
    script.give({Script::pushed("c1", 3, Script::member("they"))});
    EXPECT_EQ(state_of_last(), MessageState::sent);
    receipt("they", 4, 4);
    EXPECT_EQ(state_of_last(), MessageState::read);
}

// Joining sets the read position of who joins, which says nothing about what he never saw.
TEST_F(Receipts, WhoComesLaterHasNotReadWhatWasSaidBefore) {
    mine(3);
    script.give({Script::pushed("c1", 4, Script::member("they", true, 4))});
    receipt("they", 4, 4);
    you(5, false, 1);
    EXPECT_EQ(state_of(3), MessageState::sent);
    mine(6);
    receipt("they", 6, 6);
    EXPECT_EQ(state_of(6), MessageState::read);
    EXPECT_EQ(state_of(3), MessageState::sent);
    // It stays so when the program starts again.
    script.database().crash();
    script.open();
    EXPECT_EQ(state_of(6), MessageState::read);
    EXPECT_EQ(state_of(3), MessageState::sent);
}

TEST_F(Receipts, WhoComesBackHasNotReadWhatHeMissed) {
    mine(3);
    receipt("you", 3, 0);
    you(4, false, 1);
    mine(5);
    you(6, true, 6);
    receipt("you", 6, 6);
    EXPECT_EQ(state_of(3), MessageState::delivered);
    EXPECT_EQ(state_of(5), MessageState::sent);
    mine(7);
    receipt("you", 7, 7);
    EXPECT_EQ(state_of(7), MessageState::read);
    EXPECT_EQ(state_of(5), MessageState::sent);
}

// He went and came back, which this device has not heard yet.
TEST_F(Receipts, WhatLiesAboveAllThatIsKnownSaysNothingOfWhatIsKnown) {
    mine(3);
    receipt("you", 6, 6);
    EXPECT_EQ(state_of(3), MessageState::sent);
    you(6, true, 6);
    push(5);
    push(4);
    EXPECT_EQ(state_of(3), MessageState::sent);
}

TEST_F(Receipts, WhoComesLaterIsNotWaitedForWithWhatHeDoesNotSee) {
    mine(3);
    script.give({Script::pushed("c1", 4, Script::member("they", true, 4))});
    receipt("you", 4, 4);
    EXPECT_EQ(state_of(3), MessageState::read);
}

// Such a row does not say whether somebody came back or has another role: what is said before it is read by
// him in no case, and what is said after he first came is waited for.
TEST_F(Receipts, ARowOfAnOlderServerIsTakenForBoth) {
    mine(3);
    script.give({Script::pushed("c1", 4, Script::member("they"))});
    mine(5);
    script.give({Script::pushed("c1", 6, Script::member("they"), 4)});
    receipt("you", 6, 6);
    EXPECT_EQ(state_of(3), MessageState::read);
    EXPECT_EQ(state_of(5), MessageState::sent);
    you(7, false, std::nullopt);
    receipt("they", 7, 7);
    EXPECT_EQ(state_of(5), MessageState::sent);
    mine(8);
    receipt("they", 8, 8);
    EXPECT_EQ(state_of(8), MessageState::read);
}

TEST_F(Receipts, AreCountedAgainOnceNothingIsMissing) {
    const Uuid id = script.say("c1", "mine");
    script.accept(id, "c1", 4);
    receipt("you", 4, 4);
    EXPECT_EQ(state_of_last(), MessageState::sent);
    push(3);
    EXPECT_EQ(state_of_last(), MessageState::read);
}

/// To join is to have read up to there; where a restore takes the joining away, it takes that away as well.
TEST_F(Receipts, WhatAJoiningThatIsLostHadReadIsNotReadByTheMemberOfBefore) {
    mine(3);
    receipt("you", 3, 2);
    you(4, false, {});
    you(5, true, 5);
    receipt("you", 5, 5);
    EXPECT_EQ(state_of(3), MessageState::delivered);
    restored(2, {.from = 3, .upto = 3, .receipts = {{AccountId("you"), 3, 2}}});
    EXPECT_EQ(state_of(3), MessageState::delivered);
}

/// What one backup has not is said of nobody there, though all have come further; another one may have it.
TEST_F(Receipts, WhatAnotherBackupBringsBackNobodyHas) {
    mine(3);
    receipt("you", 3, 3);
    const Uuid lost = mine(4);
    const protocol::Receipt all_of_second{AccountId("you"), 3 + 2 * limits::restore_jump, 3};
    restored(2, {.from = 3, .upto = 3, .receipts = {all_of_second}});
    const protocol::Receipt before{AccountId("you"), 3, 3};
    const std::vector back{mine_again(4, lost), mine_again(5, Script::id_of(5))};
    restored(4, {.from = 5, .upto = 3, .rows = back, .receipts = {before}});
    EXPECT_EQ(state_of(3), MessageState::read);
    EXPECT_EQ(state_of(4), MessageState::sent);
    EXPECT_EQ(state_of(5), MessageState::sent);
    // Who has all of this one has them, too.
    receipt("you", 5 + 4 * limits::restore_jump, 4);
    EXPECT_EQ(state_of(4), MessageState::read);
    EXPECT_EQ(state_of(5), MessageState::delivered);
}

TEST_F(Receipts, WhatWasReadByOneWhoWentStaysSoWhereNothingIsCertain) {
    const Uuid id = mine(3);
    receipt("you", 3, 3);
    you(4, false, 2);
    const std::vector back{mine_again(3, id), Script::row(4, Script::member("you", false, 2), 2)};
    restored(6, {.from = 4 + 2 * limits::restore_jump, .upto = 0, .rows = back, .alone = true});
    EXPECT_EQ(state_of(3), MessageState::read);
}

}  // namespace
}  // namespace parley::test
