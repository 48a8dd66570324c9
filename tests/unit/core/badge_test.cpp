// What is marked as unread, what is muted, and the badge, which follows from both.

#include "tests/unit/core/own_settings_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using protocol::Notify;
using protocol::PreferencesChanged;
using protocol::PreferencesSet;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Three messages of others stand in "c1", and all are read.
class Marks : public OwnSettings {
  protected:
    Marks() {
        script.give({Script::pushed("c1", 1, Script::said("a")), Script::pushed("c1", 2, Script::said("b")),
                     Script::pushed("c1", 3, Script::said("c"))});
        push(2, protocol::ReadChanged{StreamId("c1"), 3, 0, 0, {3, 2}});
        script.forget();
    }
    void marked(std::int64_t seq, bool is) {
        auto row = no_preferences();
        row.marked_unread = is;
        push(seq, row, seq == 3 ? std::nullopt : std::optional<std::int64_t>(3));
    }
    std::vector<std::string> sent() const {
        std::vector<std::string> types;
        for (const auto& envelope : script.sent) {
            if (std::holds_alternative<protocol::Read>(envelope.payload)) types.emplace_back("read");
            if (std::holds_alternative<PreferencesSet>(envelope.payload)) types.emplace_back("mark");
        }
        return types;
    }
};

TEST_F(Marks, AReadOfWhatIsReadTakesThemBackAndIsSentForThatAlone) {
    const Uuid nothing_new = read(3);
    EXPECT_THAT(sent(), IsEmpty());
    marked(3, true);
    EXPECT_TRUE(script.view("c1").marked_unread);
    read(2);
    EXPECT_TRUE(script.view("c1").marked_unread) << "that was read long ago";
    EXPECT_THAT(sent(), IsEmpty());
    const Uuid command = read(3);
    EXPECT_THAT(sent(), ElementsAre("read"));
    EXPECT_FALSE(script.view("c1").marked_unread) << "at once";
    marked(4, false);
    read_ok(command, 3, 4);
    EXPECT_FALSE(script.view("c1").marked_unread);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    EXPECT_NE(command, nothing_new);
}

TEST_F(Marks, GoOutBehindTheReadThatWasGivenBefore) {
    script.give({Script::pushed("c1", 4, Script::said("d"))});
    script.disconnect();
    const Uuid before = read(4);
    const Uuid mark = set({.marked_unread = true});
    EXPECT_TRUE(script.view("c1").marked_unread);
    script.reconnect();
    EXPECT_THAT(sent(), IsEmpty()) << "reads wait for the end of the resume";
    script.resumed();
    EXPECT_THAT(sent(), ElementsAre("read"));
    read_ok(before, 4, 3);
    EXPECT_THAT(sent(), ElementsAre("read", "mark"));
    marked(3, true);
    done(mark, 3);
    EXPECT_TRUE(script.view("c1").marked_unread);
}

TEST_F(Marks, AReadThatIsGivenLaterWaitsForTheMarkThatIsUnderWay) {
    const Uuid mark = set({.marked_unread = true});
    const Uuid after = read(3);
    EXPECT_THAT(sent(), ElementsAre("mark"));
    EXPECT_FALSE(script.view("c1").marked_unread);
    // It may have been done, and is asked for again until that is known, whatever starts anew.
    script.reconnect();
    script.resumed();
    EXPECT_THAT(sent(), ElementsAre("mark"));
    script.open();
    script.forget();
    come_back();
    EXPECT_THAT(sent(), ElementsAre("mark"));
    EXPECT_FALSE(script.view("c1").marked_unread);
    marked(3, true);
    done(mark, 3);
    EXPECT_THAT(sent(), ElementsAre("mark", "read"));
    marked(4, false);
    read_ok(after, 3, 4);
    EXPECT_FALSE(script.view("c1").marked_unread);
}

TEST_F(Marks, ThatWaitHoldBackNoReadThatTakesThemBack) {
    script.give({Script::pushed("c1", 4, Script::said("d"))});
    const Uuid message = script.say("c1", "hello");
    script.refuse(message, ErrorCode::rate_limited, 10'000);
    const Uuid mark = set({.marked_unread = true});
    const Uuid both = set({.archived = true, .marked_unread = true});
    EXPECT_THAT(sent(), IsEmpty()) << "what is in front of them has to wait";
    EXPECT_TRUE(script.view("c1").marked_unread);
    script.forget();
    const Uuid after = read(4);
    EXPECT_THAT(sent(), ElementsAre("read"));
    EXPECT_FALSE(script.view("c1").marked_unread);
    EXPECT_TRUE(script.view("c1").archived) << "what else was set with it stays";
    ASSERT_THAT(script.noticed<core::CommandSettled>(), SizeIs(1));
    EXPECT_EQ(script.noticed<core::CommandSettled>()[0].command, mark);
    EXPECT_FALSE(script.noticed<core::CommandSettled>()[0].failure);
    push(3, protocol::ReadChanged{StreamId("c1"), 4, 0, 0, {4, 3}}, 2);
    read_ok(after, 4, 3);
    script.open();
    script.forget();
    come_back();
    ASSERT_THAT(script.sent_of<PreferencesSet>(), SizeIs(1));
    EXPECT_EQ(script.sent_of<PreferencesSet>()[0].id, both);
    EXPECT_EQ(std::get<PreferencesSet>(script.sent_of<PreferencesSet>()[0].payload),
              (PreferencesSet{.target = to_stream(StreamId("c1")), .archived = true}));
}

TEST_F(Marks, ThatTheServerDidNotTakeHoldBackNoReadEither) {
    const Uuid mark = set({.marked_unread = true});
    const Uuid after = read(3);
    EXPECT_THAT(sent(), ElementsAre("mark"));
    script.refuse(mark, ErrorCode::unavailable, 10'000);
    EXPECT_THAT(*script.core().outbox(), IsEmpty()) << "what was read is not marked, and is known to be read";
    EXPECT_FALSE(script.view("c1").marked_unread);
    EXPECT_NE(mark, after);
}

TEST_F(Marks, BetweenTwoReadsNobodyWaitsForEver) {
    script.give({Script::pushed("c1", 4, Script::said("d")), Script::pushed("c1", 5, Script::said("e"))});
    script.disconnect();
    const Uuid lower = read(4);
    script.reconnect();
    script.resumed();
    const Uuid mark = set({.marked_unread = true});
    EXPECT_THAT(sent(), ElementsAre("read"));
    script.refuse(lower, ErrorCode::unavailable, 10'000);
    EXPECT_THAT(sent(), ElementsAre("read"));
    script.disconnect();
    const Uuid higher = read(5);
    EXPECT_FALSE(script.view("c1").marked_unread);
    script.reconnect();
    script.resumed();
    EXPECT_THAT(sent(), ElementsAre("read"));
    EXPECT_THAT(*script.core().outbox(), SizeIs(2)) << "the mark is needless";
    push(4, protocol::ReadChanged{StreamId("c1"), 5, 0, 0, {5, 4}}, 2);
    read_ok(higher, 5, 4);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    EXPECT_FALSE(script.view("c1").marked_unread);
    EXPECT_NE(mark, higher);
}

class Badge : public OwnSettings {
  protected:
    Badge() {
        auto naming = Script::said("for me");
        naming.mentions = {AccountId("me")};
        script.join("c2", 2);
        script.give({Script::pushed("c1", 1, Script::said("a")), Script::pushed("c1", 2, naming),
                     Script::pushed("c2", 1, Script::said("b"))});
        script.forget();
    }
    void put(std::int64_t seq, PreferencesChanged row) {
        push(seq, std::move(row), seq == 3 ? std::nullopt : std::optional<std::int64_t>(3));
    }
};

TEST_F(Badge, IsTheSumOverWhatIsNeitherMutedNorArchived) {
    EXPECT_EQ(badge(), 3);
    auto row = no_preferences();
    row.notify = Notify::mentions;
    put(3, row);
    EXPECT_EQ(badge(), 2);
    row.notify = Notify::silent;
    put(4, row);
    EXPECT_EQ(badge(), 3);
    row.notify = Notify::none;
    put(5, row);
    EXPECT_EQ(badge(), 1);
    row = no_preferences();
    row.archived = true;
    put(6, row);
    EXPECT_EQ(badge(), 1);
    row = no_preferences();
    row.muted_until = WallTime{limits::muted_forever};
    put(7, row);
    EXPECT_EQ(badge(), 1);
    EXPECT_TRUE(script.view("c1").muted);
    EXPECT_EQ(script.view("c1").muted_until, std::nullopt);
    EXPECT_EQ(script.view("c1").badge, 0);
    // Marked as unread adds one, where nothing else is to be counted.
    row = no_preferences();
    row.marked_unread = true;
    put(8, row);
    EXPECT_EQ(badge(), 3);
    read(2);
    EXPECT_EQ(badge(), 1) << "what was read is not marked any more";
    // Who is out has nothing to count.
    push(9, protocol::Left{StreamId("c2"), 2}, 2);
    EXPECT_EQ(badge(), 0);
}

TEST_F(Badge, ItsChangesAreToldToWhoeverHasAsked) {
    push(3, no_preferences());
    script.give({Script::pushed("c1", 3, Script::said("c"))});
    EXPECT_THAT(script.noticed<core::BadgeChanged>(), IsEmpty()) << "nobody has asked";
    ASSERT_EQ(badge(), 4);
    script.forget();
    script.give({Script::pushed("c1", 4, Script::said("d"))});
    EXPECT_THAT(script.noticed<core::BadgeChanged>(), SizeIs(1));
    script.forget();
    script.say("c1", "mine");
    EXPECT_THAT(script.noticed<core::BadgeChanged>(), IsEmpty()) << "it is the same";
    set({.muted_until = WallTime{limits::muted_forever}});
    EXPECT_THAT(script.noticed<core::BadgeChanged>(), SizeIs(1));
    EXPECT_EQ(badge(), 1);
}

TEST_F(Badge, AMuteEndsByTheServersClockWhateverWallClocksShow) {
    const WallTime server{1'800'000'000'000};
    script.reconnect();
    hello(server);
    script.resumed();
    auto row = no_preferences();
    row.muted_until = server + seconds(600);
    put(3, row);
    EXPECT_EQ(badge(), 1);
    EXPECT_EQ(script.view("c1").muted_until, row.muted_until);
    script.forget();
    script.jump_wall(-86'400'000);
    script.wait(10'000);
    script.jump_wall(40 * std::int64_t{86'400'000});
    script.wait(10'000);
    EXPECT_TRUE(script.view("c1").muted);
    EXPECT_THAT(script.noticed<core::BadgeChanged>(), IsEmpty());
    EXPECT_EQ(script.core().server_time(script.now()), server + seconds(20));
    script.disconnect();
    script.wait(600'000);
    EXPECT_FALSE(script.view("c1").muted);
    EXPECT_THAT(script.noticed<core::BadgeChanged>(), SizeIs(1)) << "a timer rang";
    EXPECT_EQ(badge(), 3);
}

TEST_F(Badge, AMuteThatWaitsInTheOutboxEndsToo) {
    const WallTime server{1'800'000'000'000};
    script.reconnect();
    hello(server);
    script.resumed();
    script.disconnect();
    set({.muted_until = server + seconds(60)});
    ASSERT_EQ(badge(), 1);
    script.forget();
    script.wait(61'000);
    EXPECT_THAT(script.noticed<core::BadgeChanged>(), SizeIs(1));
    EXPECT_EQ(badge(), 3);
}

TEST_F(Badge, WhatWasProvenOfTheServersClockIsKnownAfterARestart) {
    const WallTime server{1'800'000'000'000};
    script.reconnect();
    hello(server);
    script.resumed();
    auto row = no_preferences();
    row.muted_until = server + seconds(60);
    put(3, row);
    script.disconnect();
    script.wait(300'000);
    ASSERT_EQ(badge(), 3);
    script.open();
    // How long nothing ran here nobody can say: the server was last heard when the mute still held.
    EXPECT_EQ(badge(), 1);
    script.forget();
    script.core().connect(script.now());
    script.take();
    script.core().handle_connected(script.now());
    script.take();
    hello(server + seconds(300));
    EXPECT_EQ(badge(), 3);
    EXPECT_THAT(script.noticed<core::BadgeChanged>(), SizeIs(1));
}

}  // namespace
}  // namespace parley::test
