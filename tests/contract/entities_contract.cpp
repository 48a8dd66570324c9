// What parts of texts are: kept as they are sent, refused where they break the rule, and what they name
// counts.

#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

using protocol::Entity;
using protocol::EntityKind;
using protocol::MessageNew;

Entity entity(EntityKind kind, std::int64_t offset, std::int64_t length) {
    return {.kind = kind, .offset = offset, .length = length};
}

Entity mention_of(const Person& whom, std::int64_t offset, std::int64_t length) {
    Entity made = entity(EntityKind::mention, offset, length);
    made.account = whom.id();
    return made;
}

protocol::MessageSend rich(ConversationKey to, const std::string& text, std::vector<Entity> entities) {
    auto message = message_to(to, text);
    message.entities = std::move(entities);
    return message;
}

protocol::MessageSend to_all(ConversationKey to) {
    return rich(to, "all of you", {entity(EntityKind::everyone, 0, 3)});
}

protocol::MessageEdit edit_of(const Work& said, ConversationKey in, const std::string& text,
                              std::vector<Entity> entities) {
    return {.target = {.stream = to_id(in)},
            .message = *said.origin.command,
            .text = text,
            .entities = std::move(entities)};
}

MessageNew last_message(StoreWorld& world, const Person& reader, ConversationKey in) {
    return std::get<MessageNew>(world.all_changes(reader, in).back().payload);
}

}  // namespace

TEST_P(StoreContract, EntitiesAreKeptAndEarlierOnesWithTheEarlierText) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const std::vector first{entity(EntityKind::bold, 0, 2), mention_of(bob, 3, 4)};
    const std::vector second{entity(EntityKind::spoiler, 0, 4)};
    const auto said = world.work(ada, rich(group, "hi @bob", first));
    ASSERT_TRUE(world.apply(said));
    EXPECT_EQ(last_message(world, bob, group).entities, first);
    EXPECT_THAT(last_message(world, bob, group).mentions, ElementsAre(bob.id()));
    EXPECT_EQ(world.state(bob, group).last->entities, first);
    EXPECT_TRUE(world.apply(said)) << "a repeat";

    ASSERT_TRUE(world.apply(world.work(ada, edit_of(said, group, "psst", second))));
    restart();
    EXPECT_EQ(last_message(world, bob, group).entities, second);
    EXPECT_THAT(last_message(world, bob, group).mentions, IsEmpty());
    EXPECT_EQ(world.state(bob, group).last->entities, second) << "what is hidden stays so in a list";
    const auto history =
        message_history(*world.snapshot(), bob.account,
                        {.stream = to_id(group), .message = *said.origin.command, .sender = ada.id()});
    ASSERT_EQ(history->texts.size(), 1u);
    EXPECT_EQ(history->texts[0].entities, first);
    EXPECT_TRUE(world.apply(said)) << "a repeat is compared with the first text";
    expect_refused(world.work(ada, rich(group, "hi @bob", {}), *said.origin.command), ErrorCode::id_reused);

    const auto same = world.apply(world.work(ada, edit_of(said, group, "psst", second)));
    EXPECT_EQ(same->seq, std::nullopt) << "it says that already";
    const auto marked = world.apply(world.work(ada, edit_of(said, group, "psst", {})));
    EXPECT_NE(marked->seq, std::nullopt) << "other marks are another text";
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::MessageDelete{.target = {.stream = to_id(group)}, .message = *said.origin.command})));
    EXPECT_THAT(last_message(world, bob, group).entities, IsEmpty());
}

TEST_P(StoreContract, EntitiesThatBreakTheRuleAreRefused) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "hello you"));
    ASSERT_TRUE(world.apply(said));
    Entity script = entity(EntityKind::link, 0, 5);
    script.url = "javascript:alert(1)";
    Entity nobody = entity(EntityKind::mention, 0, 5);
    const std::vector<std::vector<Entity>> broken = {
        {entity(EntityKind::bold, 5, 5)},
        {entity(EntityKind::bold, 0, 6)},
        {entity(EntityKind::bold, 0, 5), entity(EntityKind::italic, 4, 5)},
        {entity(EntityKind::bold, 6, 3), entity(EntityKind::bold, 0, 5)},
        {entity(EntityKind::quote, 0, 5)},
        {script},
        {nobody},
        std::vector(static_cast<std::size_t>(limits::entities_max) + 1, entity(EntityKind::bold, 0, 1))};
    for (const auto& entities : broken) {
        expect_refused(world.work(ada, rich(group, "hello you", entities)), ErrorCode::invalid);
        expect_refused(world.work(ada, edit_of(said, group, "hello you", entities)), ErrorCode::invalid);
    }
}

TEST_P(StoreContract, WhoNamesAllCountsForAllWhoAreThere) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto dan = world.person("dan");
    const auto group = world.group(ada, {bob, cyd});
    // bob is named twice over, and it counts once.
    auto naming = to_all(group);
    naming.mentions = {bob.id()};
    const auto said = world.work(ada, naming);
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.apply(world.work(bob, rich(group, "here", {entity(EntityKind::here, 0, 4)}))));
    ASSERT_TRUE(world.add(ada, group, {dan}));
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_EQ(world.state(ada, group).mentions, 1) << "of his own nothing counts";
        EXPECT_EQ(world.state(bob, group).mentions, 1);
        EXPECT_EQ(world.state(cyd, group).mentions, 2);
        EXPECT_EQ(world.state(dan, group).mentions, 0) << "he came later";
    }
    const auto born = world.state(cyd, group).head - 2;
    EXPECT_EQ(std::get<protocol::ReadOk>(world.read(cyd, group, born)->payload).mentions, 1);

    // However often it is edited: whom it alerts was settled when it was sent.
    ASSERT_TRUE(world.apply(world.work(ada, edit_of(said, group, "none", {}))));
    EXPECT_EQ(world.state(bob, group).mentions, 1);
    EXPECT_TRUE(last_message(world, bob, group).names_all);
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::MessageDelete{.target = {.stream = to_id(group)}, .message = *said.origin.command})));
    EXPECT_EQ(world.state(bob, group).mentions, 0);
    EXPECT_TRUE(last_message(world, bob, group).names_all) << "so that devices know what to subtract";
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 9", "message.new 9", "replied"))
        << "nothing is written for each member";
}

TEST_P(StoreContract, WhoeverIsNamedByAnEditIsNotAlertedWithAll) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "hello"));
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(
        world.apply(world.work(ada, edit_of(said, group, "all", {entity(EntityKind::everyone, 0, 3)}))));
    EXPECT_EQ(world.state(bob, group).mentions, 0);
    EXPECT_FALSE(last_message(world, bob, group).names_all);
    ASSERT_TRUE(world.apply(world.work(ada, edit_of(said, group, "bob", {mention_of(bob, 0, 3)}))));
    EXPECT_EQ(world.state(bob, group).mentions, 1) << "a person is";
}

TEST_P(StoreContract, WhoMayNotNameAllKeepsWhatHeSaidBefore) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(bob, to_all(group));
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::ConversationPermissions{.target = {.stream = to_id(group)},
                                               .permissions = {.mention_all = protocol::Role::admin}})));
    expect_refused(world.work(bob, to_all(group)), ErrorCode::not_allowed);
    EXPECT_TRUE(world.apply(said)) << "a repeat is answered as the first time";
    auto other = edit_of(said, group, "all of us", {entity(EntityKind::everyone, 0, 3)});
    EXPECT_TRUE(world.apply(world.work(bob, other))) << "it named all before";
    other.entities.clear();
    ASSERT_TRUE(world.apply(world.work(bob, other)));
    other.entities = {entity(EntityKind::here, 0, 3)};
    expect_refused(world.work(bob, other), ErrorCode::not_allowed);
}

}  // namespace parley::server::test
