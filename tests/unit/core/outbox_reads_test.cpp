// Commands that say how far one has read.

#include "tests/unit/core/outbox_script.hpp"

#include <gmock/gmock.h>

#include <map>

namespace parley::test {
namespace {

using core::CommandState;
using testing::IsEmpty;
using testing::SizeIs;

/// Four messages stand in "c1".
class OutboxReads : public Outbox {
  protected:
    OutboxReads() {
        script.give({Script::pushed("c1", 1, Script::said("a")), Script::pushed("c1", 2, Script::said("b")),
                     Script::pushed("c1", 3, Script::said("c")), Script::pushed("c1", 4, Script::said("d"))});
        script.forget();
    }
    Uuid read(std::int64_t upto) { return script.submit(protocol::Read{to_stream(StreamId("c1")), upto}); }
    /// The server's answer to a read after which nothing up to here is unread.
    void read_ok(const Uuid& command, std::int64_t upto) {
        protocol::Envelope ok;
        ok.re = command;
        ok.stream = StreamId("c1");
        ok.payload = protocol::ReadOk{upto, 4 - upto, 0, {4, upto + 1}};
        script.give({ok});
    }
    std::vector<std::int64_t> sent() const {
        std::vector<std::int64_t> places;
        for (const auto& one : script.sent_of<protocol::Read>())
            places.push_back(std::get<protocol::Read>(one.payload).upto);
        return places;
    }
    /// What was told about each command: whether it was done.
    std::map<Uuid, bool> told() const {
        std::map<Uuid, bool> outcomes;
        for (const auto& one : script.noticed<core::CommandSettled>())
            outcomes.emplace(one.command, !one.failure);
        return outcomes;
    }
};

/// The account's rows that say how far one has read in "c1", and that one is out of it.
protocol::Envelope read_elsewhere(std::int64_t account_seq, std::int64_t upto) {
    return Script::pushed("me", account_seq,
                          protocol::ReadChanged{StreamId("c1"), upto, 0, 0, {upto, account_seq}});
}

protocol::Envelope removed(std::int64_t account_seq) {
    return Script::pushed("me", account_seq, protocol::Left{StreamId("c1"), 1}, 1);
}

TEST_F(OutboxReads, OnlyTheHighestIsSentAndTheOthersAreDoneWithIt) {
    script.disconnect();
    const Uuid first = read(1);
    const Uuid highest = read(3);
    const Uuid last = read(2);
    EXPECT_EQ(script.view("c1").unread, 1);
    EXPECT_EQ(script.view("c1").read, 3);
    EXPECT_THAT(told(), IsEmpty()) << "nobody has told the server";
    script.reconnect();
    script.resumed();
    EXPECT_EQ(sent(), std::vector<std::int64_t>{3});
    EXPECT_THAT(told(), IsEmpty());
    read_ok(highest, 3);
    EXPECT_EQ(told(), (std::map<Uuid, bool>{{first, true}, {highest, true}, {last, true}}));
    EXPECT_EQ(sent(), std::vector<std::int64_t>{3});
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    EXPECT_EQ(script.view("c1").unread, 1);
}

TEST_F(OutboxReads, ALowerOneIsSentWhereTheHighestIsRefused) {
    const Uuid highest = read(4);
    const Uuid middle = read(3);
    const Uuid lowest = read(2);
    EXPECT_EQ(sent(), std::vector<std::int64_t>{4});
    EXPECT_THAT(told(), IsEmpty());
    script.refuse(highest, ErrorCode::invalid);
    EXPECT_EQ(told(), (std::map<Uuid, bool>{{highest, false}}));
    EXPECT_EQ(sent(), (std::vector<std::int64_t>{4, 3}));
    EXPECT_EQ(script.view("c1").read, 3);
    read_ok(middle, 3);
    EXPECT_EQ(told(), (std::map<Uuid, bool>{{highest, false}, {middle, true}, {lowest, true}}));
    EXPECT_EQ(state_of(highest), CommandState::failed);
}

TEST_F(OutboxReads, EachFailsByItselfWhereThePersonIsOut) {
    const Uuid lower = read(3);
    const Uuid higher = read(4);
    const Uuid between = read(2);
    EXPECT_EQ(sent(), (std::vector<std::int64_t>{3, 4})) << "a higher one does not wait for a lower one";
    script.refuse(lower, ErrorCode::conversation_not_member);
    EXPECT_EQ(sent(), (std::vector<std::int64_t>{3, 4})) << "the highest has no answer yet";
    script.refuse(higher, ErrorCode::conversation_not_member);
    EXPECT_EQ(sent(), (std::vector<std::int64_t>{3, 4, 2}));
    script.refuse(between, ErrorCode::conversation_not_member);
    EXPECT_EQ(told(), (std::map<Uuid, bool>{{lower, false}, {higher, false}, {between, false}}));
    EXPECT_EQ(script.view("c1").read, 0);
}

TEST_F(OutboxReads, WhatTheServerHasToldIsDoneAtOnce) {
    read_ok(read(3), 3);
    script.forget();
    script.disconnect();
    const Uuid again = read(2);
    EXPECT_EQ(told(), (std::map<Uuid, bool>{{again, true}}));
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(OutboxReads, ThoseThatWaitAreStillThereAfterARestart) {
    script.disconnect();
    const Uuid higher = read(4);
    const Uuid lower = read(2);
    script.open();
    script.forget();
    script.connect();
    script.auth_ok();
    script.resumed();
    EXPECT_EQ(sent(), std::vector<std::int64_t>{4});
    read_ok(higher, 4);
    EXPECT_EQ(told(), (std::map<Uuid, bool>{{higher, true}, {lower, true}}));
}

TEST_F(Outbox, ReadingIsNotHeldBackByWhatMustWait) {
    const auto said = say(1);
    script.refuse(said[0], ErrorCode::rate_limited, 60'000);
    script.give({Script::pushed("c1", 1, Script::said("a"))});
    script.forget();
    script.submit(protocol::Read{to_stream(StreamId("c1")), 1});
    const auto sent = script.sent_of<protocol::Read>();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].follows, std::nullopt);
}

TEST_F(Outbox, ARefusedReadTakesTheShownPositionBack) {
    script.give({Script::pushed("c1", 1, Script::said("a"))});
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), 1});
    EXPECT_EQ(script.view("c1").unread, 0);
    script.refuse(read, ErrorCode::invalid);
    EXPECT_EQ(script.view("c1").unread, 1);
    EXPECT_EQ(script.view("c1").read, 0);
}

// The server remembers no read that moved nothing, and refuses its repeat to somebody who is out.
TEST_F(Outbox, AReadWhoseAnswerWasLostIsDoneWhereThePersonIsOutMeanwhile) {
    script.give({Script::pushed("c1", 1, Script::said("a"))});
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), 1});
    ASSERT_THAT(script.sent_of<protocol::Read>(), SizeIs(1));
    script.reconnect();
    script.give({read_elsewhere(2, 1), removed(3)});
    script.resumed("1:3");
    EXPECT_THAT(script.sent_of<protocol::Read>(), IsEmpty()) << "it says nothing new";
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    ASSERT_THAT(script.noticed<core::CommandSettled>(), SizeIs(1));
    EXPECT_EQ(script.noticed<core::CommandSettled>()[0].command, read);
    EXPECT_EQ(script.noticed<core::CommandSettled>()[0].failure, std::nullopt);
}

TEST_F(Outbox, AReadThatIsRefusedIsDoneWhereAnotherDeviceReadAsFar) {
    script.give({Script::pushed("c1", 1, Script::said("a"))});
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), 1});
    script.give({read_elsewhere(2, 1), removed(3)});
    script.refuse(read, ErrorCode::conversation_not_member);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    ASSERT_THAT(script.noticed<core::CommandSettled>(), SizeIs(1));
    EXPECT_EQ(script.noticed<core::CommandSettled>()[0].failure, std::nullopt);
}

TEST_F(Outbox, AReadThatNobodyHasDoneFailsWhereThePersonIsOut) {
    script.give({Script::pushed("c1", 1, Script::said("a")), Script::pushed("c1", 2, Script::said("b"))});
    const Uuid read = script.submit(protocol::Read{to_stream(StreamId("c1")), 2});
    script.reconnect();
    script.give({read_elsewhere(2, 1), removed(3)});
    script.resumed("1:3");
    ASSERT_THAT(script.sent_of<protocol::Read>(), SizeIs(1));
    script.refuse(read, ErrorCode::conversation_not_member);
    EXPECT_EQ(state_of(read), CommandState::failed);
}

}  // namespace
}  // namespace parley::test
