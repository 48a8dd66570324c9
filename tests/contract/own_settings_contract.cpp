#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

#include <utility>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

using protocol::DraftChanged;
using protocol::DraftSet;
using protocol::PreferencesChanged;
using protocol::PreferencesSet;

PreferencesSet in(ConversationKey key, PreferencesSet what = {}) {
    what.target = {.stream = to_id(key)};
    return what;
}

DraftSet draft(ConversationKey key, std::string text) {
    return {.target = {.stream = to_id(key)}, .text = std::move(text)};
}

/// The rows of one type in the person's own stream, in order of `seq`.
template <class State>
std::vector<State> own_rows(StoreWorld& world, const Person& person,
                            std::optional<protocol::Only> only = std::nullopt) {
    std::vector<State> found;
    const auto answer = changes(*world.snapshot(), person.account,
                                {.stream = to_stream(person.account), .after = 0, .only = only});
    if (!answer) return found;
    for (const auto& row : answer->rows)
        if (const auto* state = std::get_if<State>(&row.payload)) found.push_back(*state);
    return found;
}

}  // namespace

TEST_P(StoreContract, PreferencesAreOneRowOfTheOwnStreamInWhichWhatIsAbsentStays) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const WallTime until = world.now + seconds(3600);
    const auto first =
        world.apply(world.work(ada, in(group, {.muted_until = until, .notify = protocol::Notify::mentions})));
    ASSERT_TRUE(first);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("preferences.changed", "replied"));
    EXPECT_EQ(std::get<AccountChange>(world.batch.effects[0]).account, ada.account);
    EXPECT_EQ(first->stream, to_stream(ada.account));
    EXPECT_EQ(first->seq, std::get<AccountChange>(world.batch.effects[0]).change.seq);
    const auto second =
        world.apply(world.work(ada, in(group, {.archived = true, .pinned = true, .marked_unread = true})));
    ASSERT_TRUE(second);
    const PreferencesChanged all{.conversation = to_id(group),
                                 .muted_until = until,
                                 .archived = true,
                                 .pinned = second->seq.value_or(0),
                                 .marked_unread = true,
                                 .notify = protocol::Notify::mentions};
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_THAT(own_rows<PreferencesChanged>(world, ada), ElementsAre(all));
        EXPECT_THAT(own_rows<PreferencesChanged>(world, bob), IsEmpty()) << "nobody else hears of it";
    }
    const auto& row = std::get<AccountChange>(world.batch.effects[0]).change;
    EXPECT_EQ(row.born, first->seq) << "its place stays";
    ASSERT_TRUE(world.apply(world.work(ada, in(group, {.muted_until = WallTime{},
                                                       .archived = false,
                                                       .pinned = false,
                                                       .marked_unread = false,
                                                       .notify = protocol::Notify::all}))));
    EXPECT_THAT(
        own_rows<PreferencesChanged>(world, ada),
        ElementsAre(PreferencesChanged{.conversation = to_id(group), .notify = protocol::Notify::all}));
}

TEST_P(StoreContract, WhatIsSetAlreadyIsDoneAndMakesNoChange) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const auto nothing = world.apply(world.work(ada, in(group, {.archived = false, .pinned = false})));
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->seq, std::nullopt) << "that is so from the beginning";
    EXPECT_THAT(own_rows<PreferencesChanged>(world, ada), IsEmpty());
    const auto pin = world.work(ada, in(group, {.pinned = true}));
    const auto pinned = world.apply(pin);
    ASSERT_TRUE(pinned);
    const auto before = own_rows<PreferencesChanged>(world, ada);
    const auto again = world.apply(world.work(ada, in(group, {.pinned = true})));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->seq, std::nullopt);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied"));
    EXPECT_EQ(own_rows<PreferencesChanged>(world, ada), before) << "it keeps its place among what is pinned";
    // A repeat is answered as the first time, and does not undo what came since.
    ASSERT_TRUE(world.apply(world.work(ada, in(group, {.pinned = false}))));
    EXPECT_EQ(world.apply(pin)->seq, pinned->seq);
    EXPECT_EQ(own_rows<PreferencesChanged>(world, ada).at(0).pinned, 0);
    // Also one that found nothing to do.
    const auto idle = world.work(ada, in(group, {.archived = false}));
    ASSERT_TRUE(world.apply(idle));
    ASSERT_TRUE(world.apply(world.work(ada, in(group, {.archived = true}))));
    ASSERT_TRUE(world.apply(idle));
    EXPECT_TRUE(own_rows<PreferencesChanged>(world, ada).at(0).archived);
}

TEST_P(StoreContract, AReadThatIsNotBelowThePositionTakesTheMarkBack) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(world.send(bob, group, "text"));
    const auto mark = [&] {
        ASSERT_TRUE(world.apply(world.work(ada, in(group, {.marked_unread = true}))));
    };
    const auto marked = [&] {
        return own_rows<PreferencesChanged>(world, ada).at(0).marked_unread;
    };
    ASSERT_TRUE(world.read(ada, group, 5));
    mark();
    ASSERT_TRUE(world.read(ada, group, 4));
    EXPECT_TRUE(marked()) << "that was read before it was marked";
    ASSERT_TRUE(world.read(bob, group, 6));
    EXPECT_TRUE(marked()) << "who else has read it does not matter";
    ASSERT_TRUE(world.read(ada, group, 5));
    EXPECT_FALSE(marked()) << "who looks again has read it, though the position stays";
    EXPECT_THAT(effects_of(world.batch), ElementsAre("preferences.changed", "replied"));
    mark();
    const auto further = world.read(ada, group, 6);
    ASSERT_TRUE(further);
    EXPECT_FALSE(marked());
    EXPECT_THAT(effects_of(world.batch),
                ElementsAre("read.changed", "receipt", "preferences.changed", "replied"));
    const auto& read = std::get<protocol::ReadOk>(further->payload);
    EXPECT_EQ(read.as_of.account, std::get<AccountChange>(world.batch.effects[0]).change.seq);
    ASSERT_TRUE(world.read(ada, group, 6));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied")) << "there is nothing to take back";
}

TEST_P(StoreContract, ADraftIsOneRowAndWhatItSaidBeforeIsGone) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    EXPECT_EQ(world.apply(world.work(ada, draft(group, "")))->seq, std::nullopt) << "there was none";
    const auto first = world.apply(world.work(ada, draft(group, "half a secret")));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->stream, to_stream(ada.account));
    auto answering = draft(group, "a whole one");
    answering.reply_to = world.next_id();
    const auto second = world.apply(world.work(ada, answering));
    ASSERT_TRUE(second);
    EXPECT_THAT(own_rows<DraftChanged>(world, ada),
                ElementsAre(DraftChanged{
                    .conversation = to_id(group), .text = "a whole one", .reply_to = answering.reply_to}));
    EXPECT_EQ(data->dump().find("half a secret"), std::string::npos);
    EXPECT_EQ(world.apply(world.work(ada, answering))->seq, std::nullopt);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied"));
    const auto clearing = world.work(ada, draft(group, ""));
    const auto cleared = world.apply(clearing);
    ASSERT_TRUE(cleared);
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        const DraftChanged none{.conversation = to_id(group)};
        EXPECT_THAT(own_rows<DraftChanged>(world, ada), ElementsAre(none));
        EXPECT_THAT(own_rows<DraftChanged>(world, ada, protocol::Only::removed), ElementsAre(none));
        EXPECT_EQ(data->dump().find("a whole one"), std::string::npos);
    }
    EXPECT_EQ(world.apply(world.work(ada, draft(group, "")))->seq, std::nullopt);
    // A repeat takes away nothing that came since, under this id or one that had nothing to do.
    ASSERT_TRUE(world.apply(world.work(ada, draft(group, "anew"))));
    EXPECT_EQ(world.apply(clearing)->seq, cleared->seq);
    EXPECT_EQ(own_rows<DraftChanged>(world, ada).at(0).text, "anew");
}

TEST_P(StoreContract, ADraftTakesThePlaceOnlyOfOneThatItsWriterHasSeen) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const auto written = [&](const std::string& text, std::optional<std::int64_t> after) {
        auto set = draft(group, text);
        set.after = after;
        return world.work(ada, std::move(set));
    };
    const auto work = written("one", 0);
    const auto first = world.apply(work);
    ASSERT_TRUE(first);
    expect_refused(written("two", 0), ErrorCode::draft_superseded);
    expect_refused(written("two", *first->seq - 1), ErrorCode::draft_superseded);
    expect_refused(written("", 0), ErrorCode::draft_superseded);
    EXPECT_EQ(own_rows<DraftChanged>(world, ada).at(0).text, "one");
    const auto same = world.apply(written("one", 0));
    ASSERT_TRUE(same);
    EXPECT_FALSE(same->seq) << "it says that already";
    const auto second = world.apply(written("two", first->seq));
    ASSERT_TRUE(second);
    EXPECT_EQ(world.apply(work)->seq, first->seq) << "a repeat is answered as the first time";
    const auto third = world.apply(written("three", std::nullopt));
    ASSERT_TRUE(third) << "who says nothing about it replaces what is there";
    ASSERT_TRUE(world.apply(written("", third->seq)));
    EXPECT_TRUE(world.apply(written("four", 0))) << "where nothing stands nothing is lost";
}

TEST_P(StoreContract, WhoIsOutKeepsWhatHeHasSetAndSetsNothingMore) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.apply(world.work(bob, in(group, {.muted_until = WallTime{limits::muted_forever}}))));
    ASSERT_TRUE(world.apply(world.work(bob, draft(group, "I am off"))));
    ASSERT_TRUE(world.remove(ada, group, bob));
    expect_refused(world.work(bob, in(group, {.archived = true})), ErrorCode::conversation_not_member);
    expect_refused(world.work(bob, draft(group, "")), ErrorCode::conversation_not_member);
    EXPECT_EQ(own_rows<PreferencesChanged>(world, bob).size(), 1u);
    EXPECT_EQ(own_rows<DraftChanged>(world, bob).at(0).text, "I am off");
    ASSERT_TRUE(world.add(ada, group, {bob}));
    ASSERT_TRUE(world.apply(world.work(bob, draft(group, ""))));
    EXPECT_EQ(own_rows<PreferencesChanged>(world, bob).at(0).muted_until, WallTime{limits::muted_forever});
    // A direct conversation is made by its first message, and by nothing else.
    for (const Command& command : {Command(PreferencesSet{.target = {.direct = bob.id()}, .archived = true}),
                                   Command(DraftSet{.target = {.direct = bob.id()}, .text = "hi"})})
        expect_refused(world.work(ada, command), ErrorCode::conversation_not_member);
    const auto direct = world.send_direct(ada, bob, "hi");
    ASSERT_TRUE(direct);
    ASSERT_TRUE(world.apply(world.work(bob, DraftSet{.target = {.direct = ada.id()}, .text = "hello"})));
    EXPECT_EQ(own_rows<DraftChanged>(world, bob).at(1).conversation, direct->stream);
}

TEST_P(StoreContract, OnAFullDiskOnlyWhatTakesTextAwayIsTaken) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    ASSERT_TRUE(world.apply(world.work(ada, draft(group, "text"))));
    host.disk.bytes_free = 10;
    expect_refused(world.work(ada, in(group, {.archived = true})), ErrorCode::disk_full);
    expect_refused(world.work(ada, draft(group, "more text")), ErrorCode::disk_full);
    ASSERT_TRUE(world.apply(world.work(ada, draft(group, ""))));
    expect_refused(world.work(ada, draft(group, "")), ErrorCode::disk_full);
}

}  // namespace parley::server::test
