#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

Work share_history(StoreWorld& world, const Person& by, ConversationKey group, bool shared = true) {
    return world.work(by, protocol::HistoryShare{.target = {.stream = to_id(group)}, .shared = shared});
}

/// By pages, as a device reads that goes back from the newest.
std::vector<std::string> texts_by_pages(StoreWorld& world, const Person& reader, ConversationKey group) {
    std::vector<std::string> all;
    protocol::Page asked{.stream = to_id(group), .before = 0, .limit = 2};
    while (true) {
        const auto found = page(*world.snapshot(), reader.account, asked);
        EXPECT_TRUE(found);
        if (!found) return all;
        const auto texts = texts_of(found->rows);
        all.insert(all.begin(), texts.begin(), texts.end());
        if (!found->more_before) return all;
        asked.before = found->from;
    }
}

std::optional<std::int64_t> shared_from(StoreWorld& world, const Person& reader, ConversationKey group) {
    return world.state(reader, group).summary.history_from;
}

}  // namespace

TEST_P(StoreContract, WhoComesSeesWhatWasSaidSinceItIsShared) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {});
    ASSERT_TRUE(world.send(ada, group, "hidden"));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    ASSERT_TRUE(world.apply(share_history(world, ada, group)));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("conversation.changed 5", "replied"));
    EXPECT_EQ(shared_from(world, bob, group), 5);
    ASSERT_TRUE(world.send(ada, group, "one"));
    ASSERT_TRUE(world.send(bob, group, "two"));
    ASSERT_TRUE(world.add(ada, group, {cyd}));
    ASSERT_TRUE(world.send(ada, group, "three"));
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_THAT(texts_by_pages(world, cyd, group), ElementsAre("one", "two", "three"));
        EXPECT_THAT(texts_of(world.all_changes(cyd, group)), ElementsAre("one", "two", "three"));
        EXPECT_THAT(texts_by_pages(world, bob, group), ElementsAre("one", "two", "three"));
        EXPECT_THAT(texts_by_pages(world, ada, group), ElementsAre("hidden", "one", "two", "three"));
    }
    // What was said before counts as read, and his receipts speak of what comes.
    const auto state = world.state(cyd, group);
    EXPECT_EQ(state.from, 8);
    EXPECT_EQ(state.read, 8);
    EXPECT_EQ(state.unread, 1);
}

TEST_P(StoreContract, HidingTakesNothingFromWhoHasJoined) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto dan = world.person("dan");
    const auto group = world.group(ada, {});
    ASSERT_TRUE(world.apply(share_history(world, ada, group)));
    ASSERT_TRUE(world.send(ada, group, "one"));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    ASSERT_TRUE(world.apply(share_history(world, ada, group, false)));
    EXPECT_EQ(shared_from(world, bob, group), std::nullopt);
    ASSERT_TRUE(world.send(ada, group, "two"));
    ASSERT_TRUE(world.add(ada, group, {cyd}));
    EXPECT_THAT(texts_by_pages(world, bob, group), ElementsAre("one", "two"));
    EXPECT_THAT(texts_by_pages(world, cyd, group), IsEmpty());
    // Shared anew it begins anew.
    ASSERT_TRUE(world.apply(share_history(world, ada, group)));
    ASSERT_TRUE(world.send(ada, group, "three"));
    ASSERT_TRUE(world.add(ada, group, {dan}));
    EXPECT_THAT(texts_by_pages(world, dan, group), ElementsAre("three"));
    EXPECT_THAT(texts_by_pages(world, cyd, group), ElementsAre("three"));
}

TEST_P(StoreContract, WhatIsSoAlreadyIsNoChange) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    EXPECT_FALSE(world.apply(share_history(world, ada, group, false))->seq);
    ASSERT_TRUE(world.apply(share_history(world, ada, group))->seq);
    const auto from = shared_from(world, ada, group);
    EXPECT_FALSE(world.apply(share_history(world, ada, group))->seq);
    EXPECT_EQ(shared_from(world, ada, group), from);
}

TEST_P(StoreContract, AGroupCanShareItsHistoryFromTheBeginning) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto made =
        world.apply(world.work(ada, protocol::ConversationCreate{.title = "open", .shares_history = true}));
    const auto group = *conversation_key(made->stream.text());
    ASSERT_TRUE(world.send(ada, group, "first"));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    EXPECT_EQ(shared_from(world, bob, group), 1);
    EXPECT_THAT(texts_by_pages(world, bob, group), ElementsAre("first"));
}

TEST_P(StoreContract, WhoComesBackSeesWhatWasSharedWhileHeWasOut) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.send(ada, group, "one"));
    ASSERT_TRUE(world.leave(bob, group));
    ASSERT_TRUE(world.send(ada, group, "two"));
    ASSERT_TRUE(world.apply(share_history(world, ada, group)));
    ASSERT_TRUE(world.send(ada, group, "three"));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    ASSERT_TRUE(world.send(ada, group, "four"));
    EXPECT_THAT(texts_by_pages(world, bob, group), ElementsAre("one", "three", "four"));
    // Where it was shared all the time, nothing is told twice.
    ASSERT_TRUE(world.leave(bob, group));
    ASSERT_TRUE(world.send(ada, group, "five"));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    restart();
    EXPECT_THAT(texts_by_pages(world, bob, group), ElementsAre("one", "three", "four", "five"));
    EXPECT_THAT(texts_of(world.all_changes(bob, group)), ElementsAre("one", "three", "four", "five"));
}

TEST_P(StoreContract, WhatIsSharedComesWithAllThatHangsOnIt) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {});
    const auto hidden = world.work(ada, message_to(group, "hidden"));
    ASSERT_TRUE(world.apply(hidden));
    ASSERT_TRUE(world.apply(share_history(world, ada, group)));
    const auto said = world.work(ada, message_to(group, "helo"));
    const auto gone = world.work(ada, message_to(group, "gone"));
    ASSERT_TRUE(world.apply({said, gone}));
    const protocol::Target target{.stream = to_id(group)};
    const auto id_of = [](const Work& work) {
        return *work.origin.command;
    };
    ASSERT_TRUE(world.apply(
        {world.work(ada, protocol::MessageEdit{.target = target, .message = id_of(said), .text = "hello"}),
         world.work(ada, protocol::MessageDelete{.target = target, .message = id_of(gone)}),
         world.work(ada, protocol::MessagePin{.target = target, .message = id_of(said)}),
         world.work(ada, protocol::MessagePin{.target = target, .message = id_of(hidden)})}));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    EXPECT_THAT(texts_by_pages(world, bob, group), ElementsAre("hello", ""));
    const auto pinned =
        rows(*world.snapshot(), bob.account, {.stream = to_id(group), .kind = protocol::RowKind::settings});
    ASSERT_EQ(pinned->rows.size(), 2u) << "the settings and one pin";
    EXPECT_EQ(std::get<protocol::PinChanged>(pinned->rows[1].payload).id, id_of(said));
    const auto earlier = message_history(
        *world.snapshot(), bob.account, {.stream = to_id(group), .message = id_of(said), .sender = ada.id()});
    ASSERT_TRUE(earlier);
    EXPECT_EQ(earlier->texts.at(0).text, "helo");
    // Later changes of what was shared are told to him; of what was not, only that there are some.
    ASSERT_TRUE(world.apply(
        world.work(ada, protocol::MessageEdit{.target = target, .message = id_of(said), .text = "hello!"})));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("message.new 12", "replied"));
    ASSERT_TRUE(world.apply(
        world.work(ada, protocol::MessageEdit{.target = target, .message = id_of(hidden), .text = "x"})));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 13", "message.new 13", "replied"));
}

}  // namespace parley::server::test
