#include "tests/contract/store_contract.hpp"

namespace parley::server::test {

using protocol::Permissions;
using protocol::Role;

TEST_P(StoreContract, TheLastOwnerHasToTransferTheGroupFirst) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob, cyd});
    const protocol::Target target{.stream = to_id(group)};
    const auto take = [&](const Person& who, Role role) {
        return world.work(who, protocol::MemberRole{.target = target, .account = who.id(), .role = role});
    };
    expect_refused(take(ada, Role::admin), ErrorCode::conversation_last_owner);
    expect_refused(take(ada, Role::guest), ErrorCode::conversation_last_owner);
    const auto same = world.apply(take(ada, Role::owner));
    ASSERT_TRUE(same);
    EXPECT_FALSE(same->seq) << "he is one already";
    // He has two ways out.
    ASSERT_TRUE(world.apply(
        world.work(ada, protocol::MemberRole{.target = target, .account = bob.id(), .role = Role::owner})));
    ASSERT_TRUE(world.apply(take(ada, Role::member)));
    expect_refused(take(bob, Role::admin), ErrorCode::conversation_last_owner);
    const auto transfer = protocol::OwnershipTransfer{.target = target, .account = ada.id()};
    const auto work = world.work(bob, transfer);
    const auto done = world.apply(work);
    ASSERT_TRUE(done);
    EXPECT_EQ(effects_of(world.batch),
              (std::vector<std::string>{"member.changed " + std::to_string(*done->seq - 1),
                                        "member.changed " + std::to_string(*done->seq), "replied"}));
    EXPECT_EQ(world.state(ada, group).summary.role, Role::owner);
    EXPECT_EQ(world.state(bob, group).summary.role, Role::admin);
    // Again, it is the same answer, though he may not any more.
    EXPECT_EQ(world.apply(work)->seq, done->seq);
    expect_refused(world.work(bob, transfer), ErrorCode::not_allowed);
    expect_refused(world.work(ada, protocol::OwnershipTransfer{.target = target, .account = ada.id()}),
                   ErrorCode::invalid);
}

TEST_P(StoreContract, TheHighestOfTheMembersInherits) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto dan = world.person("dan");
    const auto group = world.group(ada, {bob, cyd, dan});
    const auto give = [&](const Person& who, Role role) {
        return world.apply(world.work(
            ada,
            protocol::MemberRole{.target = {.stream = to_id(group)}, .account = who.id(), .role = role}));
    };
    ASSERT_TRUE(give(bob, Role::guest));
    ASSERT_TRUE(give(cyd, Role::moderator));
    ASSERT_TRUE(give(dan, Role::moderator));
    ASSERT_TRUE(world.leave(ada, group));
    EXPECT_EQ(world.state(cyd, group).summary.role, Role::owner) << "of two the one who came first";
    EXPECT_EQ(world.state(dan, group).summary.role, Role::moderator);
    ASSERT_TRUE(world.remove(cyd, group, dan));
    ASSERT_TRUE(world.leave(cyd, group));
    EXPECT_EQ(world.state(bob, group).summary.role, Role::owner) << "a group always has one";
}

TEST_P(StoreContract, WhoComesBackIsAPlainMember) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.apply(world.work(
        ada,
        protocol::MemberRole{.target = {.stream = to_id(group)}, .account = bob.id(), .role = Role::owner})));
    ASSERT_TRUE(world.remove(ada, group, bob));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    EXPECT_EQ(world.state(bob, group).summary.role, Role::member);
}

TEST_P(StoreContract, NobodyBecomesMoreByGoingAndComingBackOrByBeingAddedByAGuest) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto dan = world.person("dan");
    const auto group = world.group(ada, {bob, cyd});
    const protocol::Target target{.stream = to_id(group)};
    const auto role_of = [&](const Person& who) {
        return world.state(who, group).summary.role;
    };
    const auto give = [&](const Person& who, Role role) {
        return world.apply(
            world.work(ada, protocol::MemberRole{.target = target, .account = who.id(), .role = role}));
    };
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::ConversationPermissions{.target = target, .permissions = {.add = Role::guest}})));
    ASSERT_TRUE(give(bob, Role::guest));
    ASSERT_TRUE(world.leave(bob, group));
    ASSERT_TRUE(world.add(cyd, group, {bob}));
    EXPECT_EQ(role_of(bob), Role::guest) << "only who may give roles makes him a member";
    ASSERT_TRUE(world.remove(ada, group, bob));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    EXPECT_EQ(role_of(bob), Role::guest);
    ASSERT_TRUE(world.add(bob, group, {dan}));
    EXPECT_EQ(role_of(dan), Role::guest) << "nobody gives more than he has";
    ASSERT_TRUE(give(cyd, Role::admin));
    ASSERT_TRUE(world.leave(cyd, group));
    ASSERT_TRUE(world.add(bob, group, {cyd}));
    EXPECT_EQ(role_of(cyd), Role::guest);
    ASSERT_TRUE(give(bob, Role::member));
    ASSERT_TRUE(world.leave(bob, group));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    EXPECT_EQ(role_of(bob), Role::member);
}

TEST_P(StoreContract, WhatIsSetStaysAndIsToldWithTheSettings) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto dan = world.person("dan");
    const auto group = world.group(ada, {bob});
    const protocol::Target target{.stream = to_id(group)};
    EXPECT_FALSE(world.state(bob, group).summary.permissions) << "nobody has set any";
    const auto set = [&](const Permissions& permissions) {
        return world.apply(
            world.work(ada, protocol::ConversationPermissions{.target = target, .permissions = permissions}));
    };
    const auto nothing = set({.post = Role::guest, .add = Role::admin});
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(nothing->seq) << "so it is by default";
    ASSERT_TRUE(set({.add = Role::member}));
    ASSERT_TRUE(set({.post = Role::moderator}));
    ASSERT_TRUE(
        world.apply(world.work(ada, protocol::ConversationRename{.target = target, .title = "another"})));
    restart();
    const Permissions expected{.post = Role::moderator,
                               .add = Role::member,
                               .remove = Role::admin,
                               .rename = Role::admin,
                               .delete_others = Role::moderator,
                               .pin = Role::moderator,
                               .mention_all = Role::member,
                               .invite = Role::admin};
    EXPECT_EQ(world.state(bob, group).summary.permissions, expected);
    const auto row = std::get<protocol::ConversationChanged>(world.all_changes(bob, group).back().payload);
    EXPECT_EQ(row.permissions, expected);
    EXPECT_EQ(row.title, "another");
    expect_refused(world.work(bob, message_to(group, "x")), ErrorCode::not_allowed);
    ASSERT_TRUE(world.add(bob, group, {dan}));
    EXPECT_EQ(
        std::get<protocol::Joined>(
            changes(*world.snapshot(), dan.account, {.stream = to_stream(dan.account)})->rows.back().payload)
            .state.permissions,
        expected);
}

TEST_P(StoreContract, AnOwnerIsFoundHoweverManyCameBeforeHim) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto dan = world.person("dan");
    const auto group = world.group(ada, {bob, cyd, dan});
    const protocol::Target target{.stream = to_id(group)};
    ASSERT_TRUE(
        world.apply(world.work(ada, protocol::OwnershipTransfer{.target = target, .account = dan.id()})));
    // The operator has lowered it since.
    rules.members_max = 2;
    ASSERT_TRUE(world.leave(bob, group));
    EXPECT_EQ(world.state(ada, group).summary.role, protocol::Role::admin) << "there is an owner";
    ASSERT_TRUE(world.apply(world.work(
        dan, protocol::MemberRole{.target = target, .account = ada.id(), .role = protocol::Role::owner})));
    rules.members_max = 1;
    EXPECT_TRUE(world.apply(world.work(
        ada, protocol::MemberRole{.target = target, .account = ada.id(), .role = protocol::Role::member})))
        << "another one is left";
}

}  // namespace parley::server::test
