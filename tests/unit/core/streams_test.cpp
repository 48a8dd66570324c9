#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/streams_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(Streams, TheNextChangeMovesTheCursor) {
    push(1, "one");
    push(2, "two");
    EXPECT_EQ(cursor(), 2);
    EXPECT_EQ(solid(), 2);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two"));
    EXPECT_TRUE(script.view("c1").complete);
}

TEST_F(Streams, AHoleIsPulledAndWhatCameLaterIsKept) {
    push(1, "one");
    push(4, "four");
    EXPECT_EQ(cursor(), 1);
    EXPECT_FALSE(script.view("c1").complete);
    ASSERT_THAT(script.sent_of<protocol::Changes>(), SizeIs(testing::Ge(1u)));
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "four"));
    push(5, "five");
    protocol::ChangesOk ok{1,
                           4,
                           4,
                           false,
                           {Script::row(2, Script::said("two")), Script::row(3, Script::said("three")),
                            Script::row(4, Script::said("four"))}};
    answer<protocol::Changes>(ok);
    // What had been pushed meanwhile need not be asked for again.
    EXPECT_EQ(cursor(), 5);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two", "three", "four", "five"));
    EXPECT_TRUE(script.view("c1").complete);
}

TEST_F(Streams, AnAnswerOfBeforeAStateTakesNothingBackThatTheStateTold) {
    push(1, "one");
    script.reconnect();
    script.give({script.state("c1", 2)});
    script.resumed("1:2");
    ASSERT_EQ(last_asked<protocol::Changes>().after, 1);
    script.give({script.state("c1", 3)});
    // The server had looked before it wrote either of them down.
    answer<protocol::Changes>(protocol::ChangesOk{1, 1, 1, false, {}});
    EXPECT_EQ(script.view("c1").head, 3);
    EXPECT_FALSE(script.view("c1").complete);
    answer<protocol::Changes>(protocol::ChangesOk{
        1, 3, 3, false, {Script::row(2, Script::said("two")), Script::row(3, Script::said("three"))}});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two", "three"));
    EXPECT_TRUE(script.view("c1").complete);
}

TEST_F(Streams, ASkippedChangeCountsAsSeen) {
    push(1, "one");
    protocol::Envelope skip;
    skip.stream = StreamId("c1");
    skip.seq = 2;
    skip.payload = protocol::Skip{};
    script.give({skip});
    EXPECT_EQ(cursor(), 2);
}

TEST_F(Streams, AnOlderStateOfARowNeverReplacesANewerOne) {
    script.give({Script::pushed("c1", 1, Script::member("you", true)),
                 Script::pushed("c1", 2, Script::member("you", false), 1)});
    script.give({Script::pushed("c1", 1, Script::member("you", true))});
    const auto members = script.core().members(StreamId("c1"));
    ASSERT_TRUE(members);
    ASSERT_THAT(*members, SizeIs(1));
    EXPECT_FALSE(members->front().present);
}

TEST_F(Streams, APulledPrefixIsNotTakenForARange) {
    script.give({script.state("c1", 10)});
    const Uuid pull = *script.sent_of<protocol::Changes>().back().id;
    script.give(
        protocol::ChangesOk{
            0, 2, 10, true, {Script::row(1, Script::said("one")), Script::row(2, Script::said("two"))}},
        pull);
    EXPECT_EQ(cursor(), 2);
    EXPECT_EQ(solid(), 0);
    // A row of the prefix that changed after it, and comes with the rest.
    answer<protocol::Changes>(
        protocol::ChangesOk{2, 10, 10, false, {Script::row(10, Script::said("edited"), 1)}});
    EXPECT_EQ(solid(), 10);
    EXPECT_THAT(script.texts("c1"), ElementsAre("edited", "two"));
}

TEST_F(Streams, AHoleThatPushesCloseIsStillPulledToItsHead) {
    script.give({script.state("c1", 10)});
    script.give({Script::pushed("c1", 11, Script::said("eleven"))});
    // The prefix ends right below what was pushed; a row in it may have changed after 11 already.
    answer<protocol::Changes>(protocol::ChangesOk{0, 10, 12, true, {Script::row(1, Script::said("one"))}});
    EXPECT_EQ(cursor(), 11);
    EXPECT_EQ(solid(), 0);
    EXPECT_EQ(last_asked<protocol::Changes>().after, 11);
    answer<protocol::Changes>(
        protocol::ChangesOk{11, 12, 12, false, {Script::row(12, Script::said("two"), 2)}});
    EXPECT_EQ(solid(), 12);
}

TEST_F(Streams, ACursorBelowItsHeadOwesAPullAfterARestart) {
    push(1, "one");
    script.give({script.state("c1", 3)});
    script.open();
    script.forget();
    script.connect();
    script.auth_ok();
    ASSERT_THAT(script.sent_of<protocol::Changes>(), SizeIs(1));
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
    EXPECT_EQ(script.core().connection(), core::Connection::catching_up);
    script.resumed();
    EXPECT_EQ(script.core().connection(), core::Connection::catching_up);
    answer<protocol::Changes>(protocol::ChangesOk{1, 3, 3, false, {Script::row(3, Script::said("three"))}});
    EXPECT_EQ(script.core().connection(), core::Connection::online);
}

TEST_F(Streams, ACommittedFrameStoresDataAndTokenTogether) {
    script.reconnect();
    const auto before = script.database().calls();
    const std::vector<protocol::Envelope> frame = [&] {
        protocol::Envelope sync;
        sync.payload = protocol::Sync{"1:50"};
        return std::vector{script.state("c1", 9), sync};
    }();
    // Wherever the database fails, there is either both or none.
    std::string bytes;
    for (const auto& envelope : frame)
        protocol::append_envelope(bytes, envelope, protocol::Encoding::cbor);
    script.database().fail_at(before + 7);
    script.core().handle_frame(bytes, script.now());
    script.database().crash();
    const bool has_token =
        script.database().number("SELECT count(*) FROM self WHERE sync_token = '1:50'") == 1;
    const bool has_head = script.database().number("SELECT head FROM conversation") == 9;
    EXPECT_EQ(has_token, has_head);
}

TEST_F(Streams, AJumpFetchesRemovalsFirstThenTheNewestPageAndKeepsWhatItHolds) {
    push(1, "one");
    push(2, "two");
    script.reconnect();
    script.forget();
    script.give({script.state("c1", 50'000)});
    ASSERT_THAT(script.sent_of<protocol::Changes>(), SizeIs(1));
    EXPECT_EQ(last_asked<protocol::Changes>().after, 2);
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two"));
    answer<protocol::Changes>(protocol::ChangesOk{
        2, 50'000, 50'000, false, {Script::row(40'000, Script::member("you", false), 700)}});
    EXPECT_EQ(last_asked<protocol::Page>().before, 0);
    script.resumed();
    // Nothing is acknowledged before the newest page is there.
    script.wait(2000);
    for (const auto& ack : script.sent_of<protocol::Ack>())
        EXPECT_LT(std::get<protocol::Ack>(ack.payload).streams.at(0).seq, 50'000);
    const Uuid newest = *script.sent_of<protocol::Page>().back().id;
    script.forget();
    script.give(protocol::PageOk{49'999,
                                 50'000,
                                 50'000,
                                 true,
                                 false,
                                 {Script::row(49'999, Script::said("new")),
                                  Script::row(50'000, Script::said("newest"))}},
                newest);
    script.wait(2000);
    ASSERT_THAT(script.sent_of<protocol::Ack>(), SizeIs(1));
    EXPECT_EQ(last_asked<protocol::Ack>().streams.at(0).seq, 50'000);
    // What was on the screen meanwhile is checked, and then settings and members come anew.
    EXPECT_EQ(last_asked<protocol::Page>().since, 2);
    answer_page({1, 2, 50'000, false, true, {}});
    EXPECT_EQ(last_asked<protocol::Rows>().kind, protocol::RowKind::settings);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two", "new", "newest"));
    auto window = script.core().window(StreamId("c1"), {.limit = 10});
    EXPECT_TRUE(window->missing);
}

TEST_F(Streams, WhatWasHeldBeforeAJumpIsCheckedWhenItIsShown) {
    push(1, "one");
    push(2, "two");
    script.reconnect();
    script.give({script.state("c1", 50'000)});
    answer<protocol::Changes>(protocol::ChangesOk{2, 50'000, 50'000, false, {}});
    pages_until_newest();
    answer_rows();
    // In the background the newest of what is not held comes first.
    EXPECT_EQ(last_asked<protocol::Page>().before, 50'000);
    EXPECT_EQ(asked<protocol::Page>().size(), 2u);
    (void)script.core().window(StreamId("c1"), {.before = 3, .limit = 10});
    script.take();
    answer_page({49'999, 49'999, 50'000, true, true, {Script::row(49'999, Script::said("late"))}});
    const auto check = last_asked<protocol::Page>();
    EXPECT_EQ(check.from, 1);
    EXPECT_EQ(check.to, 2);
    EXPECT_EQ(check.since, 2);
    answer_page({1, 2, 50'000, false, true, {Script::row(30'000, Script::said("edited"), 2)}});
    const auto window = script.core().window(StreamId("c1"), {.before = 3, .limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_EQ(window->messages[1].text, "edited");
}

TEST_F(Streams, JumpsWhenItsCursorIsTooOld) {
    push(1, "one");
    script.reconnect();
    script.give({script.state("c1", 9)});
    const Uuid pull = *script.sent_of<protocol::Changes>().back().id;
    protocol::ErrorReply error{ErrorCode::too_old, "too old", {}, {}, 5};
    script.forget();
    script.give(error, pull);
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
    answer<protocol::Changes>(protocol::ChangesOk{1, 9, 9, false, {}});
    EXPECT_EQ(last_asked<protocol::Page>().before, 0);
}

TEST_F(Streams, ANewDeviceTakesLongHistoryByPagesFromTheNewest) {
    script.reconnect();
    script.give({Script::joined("c2", 2, 2), script.state("c2", 5000, 2)});
    EXPECT_THAT(
        script.sent_of<protocol::Changes>(),
        testing::Each(testing::ResultOf(
            [](const protocol::Envelope& asked) { return std::get<protocol::Changes>(asked.payload).stream; },
            StreamId("c1"))));
    EXPECT_EQ(last_asked<protocol::Page>().before, 0);
}

TEST_F(Streams, AMessageIsNotShownTwiceWhenItIsAcceptedAgain) {
    const Uuid id = script.say("c1", "mine");
    script.accept(id, "c1", 1);
    script.give({Script::accepted(id, "c1", 1)});
    EXPECT_THAT(script.texts("c1"), ElementsAre("mine"));
    EXPECT_EQ(cursor(), 1);
}

TEST_F(Streams, AnAnswerToASentMessageMayComeFromFarBelowTheCursor) {
    for (std::int64_t seq = 1; seq <= 5; ++seq)
        push(seq, "n" + std::to_string(seq));
    const Uuid id = script.say("c1", "mine");
    script.accept(id, "c1", 3);
    EXPECT_EQ(cursor(), 5);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(Streams, AnAnswerThatCannotBeReadIsNotAskedForAgainOnThisConnection) {
    push(1, "one");
    push(5, "five");
    protocol::ChangesOk unreadable{1, 5, 5, false, {}};
    unreadable.rows.resize(limits::page_rows_max + 1, Script::row(5, Script::said("five")));
    answer<protocol::Changes>(unreadable);
    script.wait(20'000);
    EXPECT_THAT(script.sent_of<protocol::Changes>(), SizeIs(1));
    EXPECT_EQ(script.core().connection(), core::Connection::online);
    script.reconnect();
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
}

TEST_F(Streams, TwoPersonsMayUseOneMessageId) {
    push(1, "one");
    auto forged = Script::pushed("c1", 2, Script::said("two", "they"));
    forged.id = Script::id_of(1);
    script.give({forged});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two"));
    // The own outbox is settled by one's own row only.
    const Uuid mine = script.say("c1", "mine");
    auto stolen = Script::pushed("c1", 3, Script::said("three", "they"));
    stolen.id = mine;
    script.give({stolen});
    EXPECT_THAT(*script.core().outbox(), SizeIs(1));
    script.accept(mine, "c1", 4);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two", "three", "mine"));
}

TEST_F(Streams, WhatAScreenLacksIsAskedForAgainOnTheNextConnection) {
    push(1, "one");
    script.reconnect();
    script.give({script.state("c1", 50'000)});
    answer<protocol::Changes>(protocol::ChangesOk{1, 50'000, 50'000, false, {}});
    pages_until_newest();
    answer_rows();
    (void)script.core().window(StreamId("c1"), {.around = 500, .limit = 10});
    script.take();
    answer_page({49'999, 49'999, 50'000, true, true, {}});
    EXPECT_EQ(last_asked<protocol::Page>().around, 500);
    script.reconnect();
    EXPECT_EQ(last_asked<protocol::Page>().around, 500);
    refuse_last<protocol::Page>(ErrorCode::unavailable, 700);
    script.forget();
    script.wait(1000);
    EXPECT_EQ(last_asked<protocol::Page>().around, 500);
}

TEST_F(Streams, APageThatIsRefusedForGoodStopsNothingElse) {
    push(1, "one");
    push(2, "two");
    script.reconnect();
    script.give({script.state("c1", 50'000)});
    answer<protocol::Changes>(protocol::ChangesOk{2, 50'000, 50'000, false, {}});
    (void)script.core().window(StreamId("c1"), {.around = 500, .limit = 10});
    script.take();
    pages_until_newest();
    EXPECT_EQ(last_asked<protocol::Page>().around, 500);
    refuse_last<protocol::Page>(ErrorCode::invalid);
    answer<protocol::Page>(protocol::PageOk{1, 2, 50'000, false, true, {}});
    answer_rows();
    push(50'002, "after a hole");
    answer_page({3, 49'999, 50'000, false, true, {}});
    EXPECT_EQ(last_asked<protocol::Changes>().after, 50'000);
}

TEST_F(Streams, AnAnswerThatChangesNothingIsNotAskedForInALoop) {
    push(1, "one");
    push(5, "five");
    for (int i = 0; i < 10; ++i) {
        const auto asked = script.sent_of<protocol::Changes>();
        script.give(protocol::ChangesOk{1, 1, 5, true, {}}, asked.back().id);
    }
    EXPECT_THAT(script.sent_of<protocol::Changes>(), SizeIs(testing::Le(2u)));
}

}  // namespace
}  // namespace parley::test
