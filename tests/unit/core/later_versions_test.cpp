// Rows that a later version of Parley made: this one keeps their places, goes on, and looks again once it is
// a later one itself.

#include "core/pulls.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/streams_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// What a server says of messages of which the last is of a type that nobody knows yet.
std::string with_a_later_type(const protocol::Envelope& envelope) {
    std::string bytes;
    protocol::append_envelope(bytes, envelope, protocol::Encoding::cbor);
    const std::string type_message("\x00\x18\x2a", 3);
    const std::string type_unknown("\x00\x18\xfa", 3);
    const auto place = bytes.rfind(type_message);
    EXPECT_NE(place, std::string::npos) << "no message in it";
    if (place != std::string::npos) bytes.replace(place, type_message.size(), type_unknown);
    return bytes;
}

class LaterVersions : public Streams {
  protected:
    void give_bytes(const std::string& bytes) {
        script.core().handle_frame(bytes, script.now());
        script.take();
    }
    void push_later(std::int64_t seq, std::optional<std::int64_t> born = std::nullopt) {
        give_bytes(with_a_later_type(Script::pushed("c1", seq, Script::said("?"), born)));
    }
    template <class T, class Reply>
    void answer_later(Reply reply) {
        protocol::Envelope envelope;
        envelope.re = script.sent_of<T>().back().id;
        envelope.payload = std::move(reply);
        give_bytes(with_a_later_type(envelope));
    }
    /// As after an update: the core that opens now can read more than the one before.
    void update() {
        ASSERT_TRUE(script.database().execute("UPDATE reader SET stamp = 1"));
        script.open();
        script.forget();
        script.connect();
        script.auth_ok();
    }
};

TEST_F(LaterVersions, ARowThatIsPushedLeavesNoHole) {
    push(1, "one");
    push_later(2);
    push(3, "three");
    EXPECT_EQ(cursor(), 3);
    EXPECT_EQ(solid(), 3);
    EXPECT_THAT(script.sent_of<protocol::Changes>(), IsEmpty());
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "three"));
    EXPECT_EQ(script.view("c1").unreadable, 1);
    EXPECT_TRUE(script.view("c1").complete);
    EXPECT_TRUE(script.core().idle());
}

TEST_F(LaterVersions, ARowThatIsPulledLeavesTheOthersReadable) {
    script.give({script.state("c1", 3)});
    answer_later<protocol::Changes>(protocol::ChangesOk{
        0, 3, 3, false, {Script::row(1, Script::said("one")), Script::row(3, Script::said("?"))}});
    EXPECT_EQ(solid(), 3);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one"));
    EXPECT_EQ(script.view("c1").unreadable, 1);
    EXPECT_EQ(script.core().connection(), core::Connection::online);
}

TEST_F(LaterVersions, ARowOfAPageLeavesTheOthersReadable) {
    script.reconnect();
    script.give({script.state("c1", 50'000)});
    answer_later<protocol::Page>(protocol::PageOk{
        49'999,
        50'000,
        50'000,
        false,
        false,
        {Script::row(49'999, Script::said("near the end")), Script::row(50'000, Script::said("?"))}});
    EXPECT_THAT(script.texts("c1"), ElementsAre("near the end"));
    EXPECT_EQ(script.view("c1").unreadable, 1);
}

TEST_F(LaterVersions, ARowOfTheAccountLeavesNoHole) {
    give_bytes(with_a_later_type(Script::pushed("me", 2, Script::said("?"))));
    script.give({Script::joined("c2", 3)});
    EXPECT_EQ(script.database().number("SELECT cursor FROM self"), 3);
    EXPECT_EQ(script.database().number("SELECT behind FROM self"), 0);
}

TEST_F(LaterVersions, ALaterStateOfARowTakesThePlaceOfTheOneThatWasShown) {
    push(1, "one");
    push(2, "it was deleted in a way that came later");
    push_later(3, 2);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one"));
    EXPECT_EQ(script.view("c1").unread, 1);
    // The state of before changes nothing any more.
    push(2, "it was deleted in a way that came later");
    EXPECT_THAT(script.texts("c1"), ElementsAre("one"));
    EXPECT_EQ(script.view("c1").unreadable, 1);
}

TEST_F(LaterVersions, AfterAnUpdateIsAskedForWhatCouldNotBeRead) {
    push(1, "one");
    push_later(2);
    push(3, "three");
    update();
    ASSERT_THAT(asked<protocol::Changes>(), SizeIs(1));
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
    EXPECT_EQ(script.core().connection(), core::Connection::catching_up);
    script.resumed();
    answer<protocol::Changes>(protocol::ChangesOk{
        1, 3, 3, false, {Script::row(2, Script::said("two")), Script::row(3, Script::said("three"))}});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two", "three"));
    EXPECT_EQ(script.view("c1").unreadable, 0);
    EXPECT_EQ(script.view("c1").unread, 3);
    EXPECT_EQ(script.core().connection(), core::Connection::online);
    // Once.
    script.open();
    script.forget();
    script.connect();
    script.auth_ok();
    script.resumed();
    EXPECT_THAT(asked<protocol::Changes>(), IsEmpty());
}

// A state may have said something that the version before did not know, such as a role: then it was not
// heard.
TEST_F(LaterVersions, AfterAnUpdateAllStatesAreToldAgain) {
    script.resumed("1:7");
    update();
    ASSERT_THAT(script.sent_of<protocol::Resume>(), SizeIs(1));
    EXPECT_EQ(last_asked<protocol::Resume>().token, std::nullopt);
    script.resumed("1:8");
    script.reconnect();
    EXPECT_EQ(last_asked<protocol::Resume>().token, "1:8");
}

TEST_F(LaterVersions, AfterAnUpdateTheAccountIsAskedToo) {
    give_bytes(with_a_later_type(Script::pushed("me", 2, Script::said("?"))));
    update();
    ASSERT_THAT(asked<protocol::Changes>(), SizeIs(1));
    EXPECT_EQ(last_asked<protocol::Changes>().stream, StreamId("me"));
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
}

TEST_F(LaterVersions, AnUpdateThatReadsTheRowsNoBetterEndsAsItBegan) {
    push(1, "one");
    push_later(2);
    update();
    script.resumed();
    answer_later<protocol::Changes>(protocol::ChangesOk{1, 2, 2, false, {Script::row(2, Script::said("?"))}});
    EXPECT_EQ(solid(), 2);
    EXPECT_EQ(script.view("c1").unreadable, 1);
    EXPECT_EQ(script.core().connection(), core::Connection::online);
    EXPECT_TRUE(script.core().idle());
}

TEST_F(LaterVersions, WhatWasHeldBeforeAJumpIsCheckedFromTheFirstRowThatCouldNotBeRead) {
    push(1, "one");
    push_later(2);
    push(3, "three");
    script.reconnect();
    script.give({script.state("c1", 50'000)});
    answer<protocol::Changes>(protocol::ChangesOk{3, 50'000, 50'000, false, {}});
    pages_until_newest();
    answer_rows();
    // Nothing says that the old part is the same still, nor that what could not be read came with it.
    update();
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
    script.resumed();
    answer<protocol::Changes>(protocol::ChangesOk{1, 50'000, 50'000, false, {}});
    pages_until_newest();
    answer_rows();
    (void)script.core().window(StreamId("c1"), {.before = 4, .limit = 10});
    script.take();
    answer_page({49'999, 49'999, 50'000, true, true, {}});
    ASSERT_EQ(last_asked<protocol::Page>().from, 1);
    EXPECT_EQ(last_asked<protocol::Page>().to, 3);
    EXPECT_EQ(last_asked<protocol::Page>().since, 1);
    answer_page({1, 3, 50'000, false, true, {Script::row(2, Script::said("two"))}});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two", "three", "newest"));
    EXPECT_EQ(script.view("c1").unreadable, 0);
}

TEST_F(LaterVersions, AnUpdateInTheMiddleOfAJumpAsksForTheRemovalsThatCouldNotBeRead) {
    push(1, "one");
    push_later(2);
    push(3, "three");
    script.reconnect();
    script.give({script.state("c1", 50'000)});
    EXPECT_EQ(last_asked<protocol::Changes>().after, 3);
    update();
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
}

/// A live core that holds the beginning of "c1", and comes back after a time by the server's clock.
class Away : public Streams {
  protected:
    void be_away(std::int64_t ms) {
        hello(1'700'000'000'000);
        push(1, "one");
        script.give(protocol::Pong{"1:2"});
        script.disconnect();
        script.wait(30'000);
        script.forget();
        script.core().handle_connected(script.now());
        script.take();
        hello(1'700'000'000'000 + ms);
        script.auth_ok();
    }
    std::int64_t heard_at() { return script.database().number("SELECT heard_at FROM self"); }
    void hello(std::int64_t time) {
        script.give(protocol::Hello{1, limits::heartbeat_ms, limits::frame_bytes_max, WallTime{time}});
    }
};

TEST_F(Away, ForLongerThanTheWindowJumps) {
    be_away(limits::resume_window_ms + 60'000);
    script.give({script.state("c1", 500)});
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one"));
}

TEST_F(Away, ForLongerThanTheWindowPullsAShortWay) {
    be_away(limits::resume_window_ms + 60'000);
    script.give({script.state("c1", 1 + limits::page_rows_max)});
    EXPECT_EQ(last_asked<protocol::Changes>().only, std::nullopt);
}

TEST_F(Away, ForAShorterTimePullsEverything) {
    be_away(limits::resume_window_ms - 60'000);
    script.give({script.state("c1", 5'000)});
    EXPECT_EQ(last_asked<protocol::Changes>().only, std::nullopt);
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
}

// A part of what was missed is not all of it.
TEST_F(Away, IsNotOverWhenTheFirstPartHasCome) {
    be_away(limits::resume_window_ms + 60'000);
    script.give(protocol::Sync{"1:3"});
    script.disconnect();
    script.wait(30'000);
    script.forget();
    script.core().handle_connected(script.now());
    script.take();
    hello(1'700'000'000'000 + limits::resume_window_ms + 90'000);
    script.auth_ok();
    script.give({script.state("c1", 500)});
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
}

TEST_F(Away, IsNotOverWhileSomethingIsOwed) {
    be_away(limits::resume_window_ms + 60'000);
    script.give({script.state("c1", 500)});
    script.resumed();
    script.give(protocol::Pong{"1:3"});
    EXPECT_EQ(heard_at(), 1'700'000'000'000);
}

TEST_F(Away, IsOverOnceEverythingHasCome) {
    be_away(limits::resume_window_ms + 60'000);
    script.resumed();
    EXPECT_GE(heard_at(), 1'700'000'000'000 + limits::resume_window_ms);
    script.wait(20'000);
    const auto before = heard_at();
    script.give(protocol::Pong{"1:3"});
    EXPECT_GE(heard_at(), before + 20'000);
}

TEST_F(Away, IsOverWhenEverythingOwedIsThere) {
    be_away(limits::resume_window_ms + 60'000);
    script.resumed();
    script.give({Script::pushed("c1", 400, Script::said("far ahead"))});
    EXPECT_EQ(last_asked<protocol::Changes>().only, std::nullopt);
}

TEST_F(Away, IsRememberedByADeviceThatWasOff) {
    hello(1'700'000'000'000);
    push(1, "one");
    script.give(protocol::Pong{"1:2"});
    script.open();
    script.forget();
    script.connect();
    hello(1'700'000'000'000 + limits::resume_window_ms + 60'000);
    script.auth_ok();
    script.give({script.state("c1", 500)});
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
}

TEST_F(LaterVersions, WhatBecomesOfThePreviewedMessageIsNotHiddenByThePreview) {
    push(1, "one");
    protocol::Envelope state = script.state("c1", 1);
    protocol::Preview preview;
    preview.born = 1;
    preview.id = Script::id_of(1);
    preview.sender = AccountId("you");
    preview.text = "one";
    std::get<protocol::ConversationState>(state.payload).last = preview;
    script.give({state});
    ASSERT_TRUE(script.view("c1").last);
    push_later(2, 1);
    EXPECT_FALSE(script.view("c1").last);
}

TEST_F(LaterVersions, ARowThatCannotBeReadMayBeThatOfAMember) {
    script.give(
        {Script::pushed("c1", 1, Script::member("me")), Script::pushed("c1", 2, Script::member("you"))});
    push_later(3);
    const Uuid id = script.say("c1", "mine");
    script.accept(id, "c1", 4);
    protocol::Envelope receipt;
    receipt.stream = StreamId("c1");
    receipt.payload = protocol::Receipt{AccountId("you"), 4, 4};
    script.give({receipt});
    EXPECT_EQ(script.view("c1").last->state, core::MessageState::sent);
    // It was something else.
    script.give({Script::pushed("c1", 5, Script::said("text"), 3)});
    EXPECT_EQ(script.view("c1").last->state, core::MessageState::read);
}

}  // namespace
}  // namespace parley::test
