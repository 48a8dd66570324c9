#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

Work follow_up(WallTime at, std::int64_t skip = 0) {
    return {.origin = {}, .command = FollowUp{.skip = skip}, .at = at};
}

/// What the reader's newest row of a member of this conversation says.
protocol::MemberChanged member_row(StoreWorld& world, const Person& reader, ConversationKey in,
                                   const Person& whom) {
    protocol::MemberChanged found;
    for (const auto& change : world.all_changes(reader, in)) {
        const auto* member = std::get_if<protocol::MemberChanged>(&change.payload);
        if (member != nullptr && member->profile.account == whom.id()) found = *member;
    }
    return found;
}

std::string name_of(StoreWorld& world, const Person& reader, ConversationKey in, const Person& whom) {
    return member_row(world, reader, in, whom).profile.name;
}

}  // namespace

TEST_P(StoreContract, ANewNameReachesTheConversationsThatOneIsIn) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob});
    const auto other = world.group(bob, {cyd});
    ASSERT_TRUE(world.send_direct(ada, bob, "hello"));
    const auto direct = *world.snapshot()->conversations().direct_between(ada.account, bob.account);
    const auto before = member_row(world, bob, group, ada);
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "Lovelace"})));
    EXPECT_EQ(name_of(world, bob, group, ada), before.profile.name) << "it follows";

    const auto unread = world.state(bob, group).unread;
    const auto head = world.head(group);
    const auto untouched = world.head(other);
    world.apply(follow_up(world.now));
    EXPECT_THAT(effects_of(world.batch),
                ElementsAre("member.changed " + std::to_string(head + 1), "member.changed 5", "followed up"));
    const auto now = member_row(world, bob, group, ada);
    EXPECT_EQ(now.profile.name, "Lovelace");
    EXPECT_GT(now.profile.as_of, before.profile.as_of);
    EXPECT_EQ(now.role, before.role);
    EXPECT_EQ(now.from, before.from);
    EXPECT_EQ(now.by, ada.id());
    EXPECT_EQ(name_of(world, ada, direct, ada), "Lovelace");
    EXPECT_EQ(world.state(bob, group).unread, unread);
    EXPECT_EQ(world.head(other), untouched);
    world.apply(follow_up(world.now));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("followed up")) << "once";
}

TEST_P(StoreContract, AFollowUpTakesAFewAtATimeAndGoesOnWhereItWas) {
    rules.follow_up_conversations = 2;
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    std::vector<ConversationKey> groups;
    for (int i = 0; i < 5; ++i)
        groups.push_back(world.group(ada, {bob}));
    const auto named = [&](const std::string& name) {
        return std::ranges::count_if(
            groups, [&](ConversationKey group) { return name_of(world, bob, group, ada) == name; });
    };
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "A."})));
    world.apply(follow_up(world.now));
    EXPECT_EQ(effects_of(world.batch).back(), "more owed");
    EXPECT_EQ(named("A."), 2);
    restart();
    world.apply(follow_up(world.now));
    EXPECT_EQ(named("A."), 4) << "a process that ends skips nothing and repeats nothing";
    EXPECT_EQ(world.batch.effects.size(), 3u);
    // Another name on the way begins again, and nobody is left with the earlier one.
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "B."})));
    for (int i = 0; i < 3; ++i)
        world.apply(follow_up(world.now));
    EXPECT_EQ(effects_of(world.batch).back(), "followed up");
    EXPECT_EQ(named("B."), 5);
}

TEST_P(StoreContract, AFollowUpIsShorterWhereManyHearOfIt) {
    rules.follow_up_frames = 5;
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    for (int i = 0; i < 5; ++i)
        world.group(ada, {bob});
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "A."})));
    for (const std::size_t effects : {3u, 3u, 2u}) {
        world.apply(follow_up(world.now));
        EXPECT_EQ(world.batch.effects.size(), effects);
    }
    EXPECT_EQ(effects_of(world.batch).back(), "followed up");
}

TEST_P(StoreContract, WhoeverHasWaitedLongestIsFollowedUpFirst) {
    rules.follow_up_conversations = 1;
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto one = world.group(ada, {bob});
    const auto two = world.group(ada, {bob});
    ASSERT_TRUE(world.apply(world.work(bob, protocol::ProfileSet{.name = "B."})));
    for (const auto* name : {"A.", "B.", "C."})
        ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = name})));
    world.apply(follow_up(world.now));
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "D."})));
    world.apply(follow_up(world.now));
    EXPECT_EQ(name_of(world, ada, two, bob), "B.") << "whoever changes his name all the time is no hindrance";
    EXPECT_EQ(name_of(world, bob, one, ada), "ada");
}

TEST_P(StoreContract, AFollowUpPassesOverWhatFailed) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "A."})));
    ASSERT_TRUE(world.apply(world.work(bob, protocol::ProfileSet{.name = "B."})));
    world.apply(follow_up(world.now, 1));
    EXPECT_EQ(effects_of(world.batch).back(), "more owed");
    EXPECT_EQ(name_of(world, ada, group, bob), "B.");
    EXPECT_EQ(name_of(world, ada, group, ada), "ada");
    world.apply(follow_up(world.now, 1));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("rest not followed up"));
    world.apply(follow_up(world.now));
    EXPECT_EQ(name_of(world, ada, group, ada), "A.");
}

TEST_P(StoreContract, ANewNameDoesNotFollowToWhereOneIsOut) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.leave(bob, group));
    ASSERT_TRUE(world.apply(world.work(bob, protocol::ProfileSet{.name = "Robert"})));
    world.apply(follow_up(world.now));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("followed up"));
    EXPECT_EQ(name_of(world, ada, group, bob), "bob");
    ASSERT_TRUE(world.add(ada, group, {bob}));
    EXPECT_EQ(name_of(world, ada, group, bob), "Robert");
}

TEST_P(StoreContract, OnANearlyFullDiskAFollowUpWaits) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "A."})));
    host.disk = {.bytes_total = 1000, .bytes_free = 1};
    world.apply(follow_up(world.now));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("not followed up"));
    host.disk = {.bytes_total = 1000, .bytes_free = 900};
    world.apply(follow_up(world.now));
    EXPECT_EQ(name_of(world, bob, group, ada), "A.");
}

TEST_P(StoreContract, WhatIsSaidOfAPersonAfterARestoreIsLaterThanWhatIsLost) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    keep_copy();
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "lost"})));
    const auto lost = profile(*world.snapshot(), ada.account)->profile;
    put_copy_back();
    const auto token = resume_part(*world.snapshot(), bob.account, {})->token;
    auto ahead = token;
    ahead.position += 100;
    ASSERT_TRUE(world.apply(Work{.origin = {.session = {1}, .account = bob.account, .device = bob.device},
                                 .command = TokenAhead{ahead},
                                 .at = world.now}));
    const auto known = find_profiles(*world.snapshot(), {.handles = {"ada"}})->profiles.front();
    EXPECT_EQ(known.name, "ada");
    EXPECT_GT(known.as_of, lost.as_of);
    EXPECT_GT(known.as_of, limits::restore_jump);
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "later"})));
    EXPECT_GT(profile(*world.snapshot(), ada.account)->profile.as_of, known.as_of);
    EXPECT_GT(world.head(group), limits::restore_jump);
}

}  // namespace parley::server::test
