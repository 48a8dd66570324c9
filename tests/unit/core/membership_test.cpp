// Memberships that begin, end and begin again.

#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/streams_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using core::Connection;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Membership = Streams;

TEST_F(Membership, WhoLeftKeepsWhatHeHoldsAndAsksForNothing) {
    push(1, "one");
    script.give({Script::pushed("me", 2, protocol::Left{StreamId("c1"), 7}, 1)});
    script.forget();
    EXPECT_FALSE(script.view("c1").present);
    EXPECT_THAT(script.texts("c1"), ElementsAre("one"));
    EXPECT_THAT(script.sent, IsEmpty());
}

TEST_F(Membership, WhoIsOutHasNothingUnreadAndIsNoMember) {
    script.give(
        {Script::pushed("c1", 1, Script::member("me")), Script::pushed("c1", 2, Script::said("two"))});
    EXPECT_EQ(script.view("c1").unread, 1);
    script.give({Script::pushed("me", 2, protocol::Left{StreamId("c1"), 2}, 1)});
    EXPECT_EQ(script.view("c1").unread, 0);
    const auto members = script.core().members(StreamId("c1"));
    ASSERT_TRUE(members);
    ASSERT_THAT(*members, SizeIs(1));
    EXPECT_FALSE(members->front().present);
    // Once he is in again, what is said from then on counts.
    auto joined = Script::joined("c1", 3, 3);
    joined.born = 1;
    script.give({joined, Script::pushed("c1", 3, Script::member("me"), 1),
                 Script::pushed("c1", 4, Script::said("four"))});
    EXPECT_EQ(script.view("c1").unread, 1);
    EXPECT_TRUE(script.core().members(StreamId("c1"))->front().present);
}

TEST_F(Membership, WhoComesBackSeesBothTimesAndNothingBetweenIsMissing) {
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

TEST_F(Membership, AStateThatIsOlderThanWhatIsHereTakesNothingBack) {
    protocol::ConversationChanged settings{
        .kind = protocol::ConversationKind::group, .title = "title", .by = AccountId("me")};
    script.give({Script::pushed("c1", 1, settings), Script::pushed("c1", 2, Script::member("me")),
                 Script::pushed("c1", 3, Script::member("you"))});
    script.reconnect();
    // An answer to a pull comes faster than the state, which was read before.
    settings.title = "newer";
    script.give(
        {Script::pushed("c1", 4, settings, 1), Script::pushed("c1", 5, Script::member("you", false), 3)});
    script.give({script.state("c1", 3)});
    script.resumed("1:1", 1);
    EXPECT_EQ(script.view("c1").summary.members, 1);
    EXPECT_EQ(script.view("c1").summary.title, "newer");
    // It is right again where nothing newer is known.
    script.give({script.state("c1", 5)});
    EXPECT_EQ(script.view("c1").summary.members, 2);
    EXPECT_EQ(script.view("c1").summary.title, "title");
}

TEST_F(Membership, OnesOwnRoleAndWhatIsAllowedAreThoseOfTheNewestRows) {
    protocol::ConversationChanged settings{
        .kind = protocol::ConversationKind::group,
        .title = "title",
        .by = AccountId("you"),
        .permissions = protocol::Permissions{.post = protocol::Role::admin}};
    auto own = Script::member("me");
    own.role = protocol::Role::moderator;
    script.give({Script::pushed("c1", 1, settings), Script::pushed("c1", 2, own)});
    EXPECT_EQ(script.view("c1").summary.permissions, settings.permissions);
    EXPECT_EQ(script.view("c1").summary.role, protocol::Role::moderator);
    settings.permissions->post = protocol::Role::guest;
    script.give({Script::pushed("c1", 3, settings, 1)});
    EXPECT_EQ(script.view("c1").summary.permissions, settings.permissions);
    // And of the newest state, also where that says that nothing is set.
    script.reconnect();
    script.give({script.state("c1", 3)});
    EXPECT_EQ(script.view("c1").summary.permissions, std::nullopt);
    EXPECT_EQ(script.view("c1").summary.role, protocol::Role::owner);
}

// A question of the first time is answered once one is in again, and the account's row comes behind it.
TEST_F(Membership, RowsThatOvertakeAJoiningAreNotTakenBackByIt) {
    script.give({Script::pushed("me", 2, protocol::Left{StreamId("c1"), 2}, 1)});
    protocol::ConversationChanged settings{
        .kind = protocol::ConversationKind::group, .title = "newer", .by = AccountId("you")};
    script.give({Script::pushed("c1", 9, settings, 1)});
    auto joined = Script::joined("c1", 3, 8);
    joined.born = 1;
    script.give({joined});
    EXPECT_EQ(script.view("c1").summary.title, "newer");
}

TEST_F(Membership, RowsThatOvertakeAStateAreNotTakenBackByIt) {
    // Who comes in late owes itself the settings of before.
    script.give({Script::joined("c2", 2, 5)});
    script.reconnect();
    answer<protocol::Changes>(protocol::ChangesOk{4, 10, 10, false, {}});
    const protocol::ConversationChanged settings{
        .kind = protocol::ConversationKind::group, .title = "newer", .by = AccountId("me")};
    const auto row = protocol::to_change(Script::pushed("c2", 12, settings, 1));
    answer<protocol::Rows>(protocol::RowsOk{12, false, {*row}});
    script.give({script.state("c2", 10)});
    script.resumed("1:1", 2);
    EXPECT_EQ(script.view("c2").summary.title, "newer");
}

TEST_F(Membership, WhatWasReadBeforeOneCameBackSettlesNothingThatIsOwedSince) {
    script.give({Script::joined("c2", 2, 5)});
    answer<protocol::Changes>(protocol::ChangesOk{4, 5, 5, false, {Script::row(5, Script::member("me"))}});
    const auto before = script.sent_of<protocol::Rows>();
    ASSERT_FALSE(before.empty());
    // Out, and in again, while the server is slow to answer.
    script.give({Script::pushed("me", 3, protocol::Left{StreamId("c2"), 6}, 2)});
    auto again = Script::joined("c2", 4, 8);
    again.born = 2;
    script.give({again});
    script.give(protocol::RowsOk{6, false, {}}, before.back().id);
    for (int part = 0; part < 3; ++part) {
        const auto after = last_asked<protocol::Changes>().after;
        answer<protocol::Changes>(protocol::ChangesOk{after, 8, 8, false, {}});
    }
    EXPECT_GT(script.sent_of<protocol::Rows>().size(), before.size()) << "they are asked for once more";
    EXPECT_EQ(last_asked<protocol::Rows>().kind, protocol::RowKind::settings);
}

// It lies before the joining, like what was said in a membership of before: a gap that pages fill.
TEST_F(Membership, WhatTheGroupSharesOfBeforeOneCameIsAskedForAsItIsLookedAt) {
    script.give({Script::joined("c2", 2, 8)});
    answer<protocol::Changes>(protocol::ChangesOk{7, 8, 8, false, {Script::row(8, Script::member("me"))}});
    for (const auto kind : {protocol::RowKind::settings, protocol::RowKind::member}) {
        EXPECT_EQ(last_asked<protocol::Rows>().kind, kind);
        answer<protocol::Rows>(protocol::RowsOk{8, false, {}});
    }
    EXPECT_THAT(script.texts("c2"), IsEmpty());
    EXPECT_TRUE(script.core().window(StreamId("c2"), {.limit = 5})->more_before);
    const auto asked = last_asked<protocol::Page>();
    EXPECT_EQ(asked.stream, StreamId("c2"));
    answer_page(
        {1, 8, 8, false, false, {Script::row(5, Script::said("five")), Script::row(6, Script::said("six"))}});
    EXPECT_THAT(script.texts("c2"), ElementsAre("five", "six"));
    EXPECT_FALSE(script.core().window(StreamId("c2"), {.limit = 5})->more_before);
    const auto view = script.view("c2");
    EXPECT_EQ(view.unread, 0) << "joining is reading up to there";
    EXPECT_EQ(view.from, 8);
    script.give({Script::pushed("c2", 9, Script::said("five, edited"), 5)});
    EXPECT_THAT(script.texts("c2"), ElementsAre("five, edited", "six"));
}

TEST_F(Membership, WhatWasRefusedToOneWhoWasOutIsAskedForOnceHeIsInAgain) {
    push(1, "one");
    push(5, "five");
    script.give({left(2, 5)});
    refuse_last<protocol::Changes>(ErrorCode::invalid);
    script.forget();
    script.give({joined_again(3, 6)});
    EXPECT_FALSE(asked<protocol::Changes>().empty());
}

TEST_F(Membership, WhereTheServerSeesOneOutsideTooEarlyItIsAskedAgainLater) {
    push(1, "one");
    push(5, "five");
    refuse_last<protocol::Changes>(ErrorCode::conversation_not_member);
    script.forget();
    EXPECT_EQ(script.core().connection(), Connection::catching_up);
    script.wait(1000);
    EXPECT_EQ(last_asked<protocol::Changes>().after, 1);
    refuse_last<protocol::Changes>(ErrorCode::conversation_not_member);
    script.give({left(2, 5)});
    EXPECT_EQ(script.core().connection(), Connection::online);
    script.forget();
    script.wait(20'000);
    EXPECT_THAT(asked<protocol::Changes>(), IsEmpty());
    EXPECT_TRUE(script.core().idle());
}

TEST_F(Membership, ATimeInsideThatWasMissedIsNotTakenForOneOutside) {
    push(1, "one");
    script.give({left(2, 2)});
    script.give({joined_again(3, 8), Script::pushed("c1", 8, Script::member("me"))});
    answer<protocol::Changes>(protocol::ChangesOk{1, 7, 8, false, {}});
    answer_rows();
    answer_page({1, 1, 8, false, true, {}});
    push(9, "nine");
    // He goes and comes once more while this device is away; in between, 10 to 20 were said to him.
    script.reconnect();
    script.give({joined_again(5, 30), script.state("c1", 31, 30)});
    EXPECT_EQ(last_asked<protocol::Changes>().only, protocol::Only::removed);
    answer<protocol::Changes>(protocol::ChangesOk{9, 31, 31, false, {}});
    answer<protocol::Changes>(protocol::ChangesOk{
        29, 31, 31, false, {Script::row(30, Script::member("me"), 8), Script::row(31, Script::said("new"))}});
    // Who came meanwhile, and what was set, has changed as well.
    answer_rows();
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    EXPECT_TRUE(window->missing);
    EXPECT_EQ(last_asked<protocol::Page>().before, 30);
    answer_page({1, 29, 31, false, true, {Script::row(10, Script::said("ten"))}});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "nine", "ten", "new"));
}

TEST_F(Membership, NeitherIsOneThatCameAfterALeavingThatWasSeen) {
    push(1, "one");
    script.give({left(2, 2)});
    // He came at 5, was told something at 6, and left again at 7: nothing of it reached this device.
    script.reconnect();
    script.give({joined_again(5, 9), script.state("c1", 9, 9)});
    script.resumed();
    answer<protocol::Changes>(protocol::ChangesOk{1, 9, 9, false, {}});
    answer<protocol::Changes>(protocol::ChangesOk{8, 9, 9, false, {Script::row(9, Script::member("me"), 4)}});
    answer_rows();
    const auto window = script.core().window(StreamId("c1"), {.limit = 10});
    EXPECT_TRUE(window->missing);
    answer_page({1, 8, 9, false, true, {Script::row(6, Script::said("six"))}});
    EXPECT_THAT(script.texts("c1"), ElementsAre("one", "six"));
}

}  // namespace
}  // namespace parley::test
