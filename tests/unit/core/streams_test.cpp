#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Streams : public testing::Test {
  protected:
    Streams() {
        script.go_live();
        script.join("c1");
        // The joining promised a row that is still to come.
        answer<protocol::Changes>(protocol::ChangesOk{0, 0, 0, false, {}});
        script.forget();
    }
    std::int64_t cursor() {
        return script.database().number("SELECT cursor FROM conversation WHERE stream = 'c1'");
    }
    std::int64_t solid() {
        return script.database().number("SELECT solid FROM conversation WHERE stream = 'c1'");
    }
    /// Everything of this kind that was asked, in order.
    template <class T>
    std::vector<T> asked() {
        std::vector<T> found;
        for (const auto& envelope : script.sent_of<T>())
            found.push_back(std::get<T>(envelope.payload));
        return found;
    }
    template <class T>
    T last_asked() {
        const auto all = asked<T>();
        if (all.empty()) ADD_FAILURE() << "nothing of this kind was asked";
        return all.empty() ? T{} : all.back();
    }
    template <class T, class Reply>
    void answer(Reply reply) {
        const auto all = script.sent_of<T>();
        ASSERT_FALSE(all.empty()) << "nothing of this kind was asked";
        script.give(std::move(reply), all.back().id);
    }
    void push(std::int64_t seq, const std::string& text) {
        script.give({Script::pushed("c1", seq, Script::said(text))});
    }
    void reconnect() {
        script.disconnect();
        script.wait(30'000);
        script.forget();
        script.core().handle_connected(script.now());
        script.take();
        script.auth_ok();
    }

    void answer_page(const protocol::PageOk& page) { answer<protocol::Page>(page); }
    /// Answers the settings and members that a jump asks for, one after the other.
    void answer_rows() {
        for (const auto kind : {protocol::RowKind::settings, protocol::RowKind::member}) {
            EXPECT_EQ(last_asked<protocol::Rows>().kind, kind);
            answer<protocol::Rows>(protocol::RowsOk{50'000, false, {}});
        }
    }
    void pages_until_newest() {
        answer_page({50'000, 50'000, 50'000, true, false, {Script::row(50'000, Script::said("newest"))}});
    }

    Script script;
};

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
    reconnect();
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
    reconnect();
    script.forget();
    script.give({script.state("c1", 50'000)});
    ASSERT_THAT(script.sent_of<protocol::Changes>(), SizeIs(1));
    EXPECT_EQ(last_asked<protocol::Changes>().after, 2);
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "two"));
    answer<protocol::Changes>(protocol::ChangesOk{
        2, 50'000, 50'000, false, {Script::row(40'000, Script::member("you", false), 700)}});
    EXPECT_EQ(last_asked<protocol::Page>().before, 0);
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
    reconnect();
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
    reconnect();
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
    reconnect();
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

TEST_F(Streams, WhoLeftKeepsWhatHeHoldsAndAsksForNothing) {
    push(1, "one");
    script.give({Script::pushed("me", 2, protocol::Left{StreamId("c1"), 7}, 1)});
    script.forget();
    EXPECT_FALSE(script.view("c1").present);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one"));
    EXPECT_THAT(script.sent, IsEmpty());
}

TEST_F(Streams, WhoComesBackSeesBothTimesAndNothingBetweenIsMissing) {
    push(1, "one");
    script.give({Script::pushed("me", 2, protocol::Left{StreamId("c1"), 2}, 1)});
    script.give({[&] {
        auto joined = Script::joined("c1", 3, 8);
        joined.born = 1;
        return joined;
    }()});
    script.give(
        {Script::pushed("c1", 8, Script::member("me"), 8), Script::pushed("c1", 9, Script::said("nine"))});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "nine"));
    // Removals of the time between are owed; a place of the first time that was never pulled is fetched as
    // history.
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
}

TEST_F(Streams, WhatARestoredServerLostStaysAndIsMarked) {
    push(1, "one");
    push(2, "lost");
    const std::int64_t jumped = 1 + limits::restore_jump;
    reconnect();
    auto state = script.state("c1", jumped);
    std::get<protocol::ConversationState>(state.payload).restored_from = 1;
    std::get<protocol::ConversationState>(state.payload).as_of = {jumped, 1};
    script.give({state});
    script.resumed("2:1", 2);
    auto window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_FALSE(window->messages[0].not_on_server);
    EXPECT_TRUE(window->messages[1].not_on_server);
    // The sender sends it again: it comes with its id at another place, and is there once.
    auto again = Script::pushed("c1", jumped + 1, Script::said("lost"));
    again.id = Script::id_of(2);
    script.give({again});
    window = script.core().window(StreamId("c1"), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_FALSE(window->messages[1].not_on_server);
    EXPECT_EQ(window->messages[1].born, jumped + 1);
}

TEST_F(Streams, AnAccountThatMissedAChangeIsBehindUntilItPulledIt) {
    script.give({Script::joined("c3", 5)});
    ASSERT_THAT(script.sent_of<protocol::Changes>(), SizeIs(testing::Ge(1u)));
    EXPECT_EQ(script.core().connection(), core::Connection::catching_up);
    EXPECT_EQ(script.database().number("SELECT behind FROM self"), 1);
    bool asked = false;
    for (const auto& one : script.sent_of<protocol::Changes>()) {
        const auto& changes = std::get<protocol::Changes>(one.payload);
        if (changes.stream != StreamId("me")) continue;
        asked = true;
        EXPECT_EQ(changes.after, 1);
        script.give(protocol::ChangesOk{1, 5, 5, false, {}}, one.id);
    }
    EXPECT_TRUE(asked);
    EXPECT_EQ(script.database().number("SELECT behind FROM self"), 0);
    for (const auto& one : script.sent_of<protocol::Changes>())
        if (std::get<protocol::Changes>(one.payload).stream == StreamId("c3"))
            script.give(protocol::ChangesOk{0, 1, 1, false, {}}, one.id);
    EXPECT_TRUE(script.core().idle());
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
    reconnect();
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
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
