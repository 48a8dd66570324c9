#include "protocol/codec.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using protocol::Link;
using protocol::LinkCreate;
using protocol::LinkJoin;
using protocol::Role;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

protocol::Target at_group(ConversationKey group) {
    return {.stream = to_id(group)};
}

Link make_link(StoreWorld& world, const Person& by, ConversationKey group, LinkCreate create = {}) {
    create.target = at_group(group);
    const auto made = world.apply(world.work(by, create));
    EXPECT_TRUE(made) << made.error().context;
    return made ? std::get<protocol::LinkMade>(made->payload).link : Link{};
}

Work by_link(StoreWorld& world, const Person& by, const Link& link) {
    return world.work(by, LinkJoin{.code = link.code.value_or("none")});
}

std::vector<Link> links_of(StoreWorld& world, const Person& reader, ConversationKey group) {
    const auto found = links(*world.snapshot(), reader.account, {.stream = to_id(group)});
    EXPECT_TRUE(found);
    return found ? found->links : std::vector<Link>{};
}

Result<protocol::LinkView> look_by(StoreWorld& world, const Person& reader, const Link& link) {
    return look(*world.snapshot(), reader.account, {.code = link.code.value_or("none")}, world.now);
}

protocol::MemberChanged membership_of(StoreWorld& world, const Person& reader, ConversationKey group,
                                      const Person& whom) {
    const auto all =
        *rows(*world.snapshot(), reader.account, {.stream = to_id(group), .kind = protocol::RowKind::member});
    for (const auto& row : all.rows) {
        const auto& member = std::get<protocol::MemberChanged>(row.payload);
        if (member.profile.account == whom.id()) return member;
    }
    return {};
}

Work give_role_to(StoreWorld& world, const Person& by, ConversationKey group, const Person& whom, Role role) {
    return world.work(by,
                      protocol::MemberRole{.target = at_group(group), .account = whom.id(), .role = role});
}

}  // namespace

TEST_P(StoreContract, WhoHasALinkSeesWhereItLeadsAndJoins) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {}, "Choir");
    ASSERT_TRUE(world.send(ada, group, "before"));
    const auto link = make_link(world, ada, group);
    EXPECT_EQ(link.code->size(), 24u);
    EXPECT_EQ(link.role, Role::member);
    EXPECT_EQ(link.by, ada.id());
    EXPECT_THAT(links_of(world, ada, group), ElementsAre(link));
    const auto seen = look_by(world, bob, link);
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen, (protocol::LinkView{.title = "Choir", .members = 1, .role = Role::member}));
    const auto joined = world.apply(by_link(world, bob, link));
    ASSERT_TRUE(joined);
    EXPECT_EQ(joined->stream, to_id(group));
    EXPECT_EQ(joined->seq, 4);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("joined", "opened", "member.changed 4", "replied"));
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        const auto row = membership_of(world, ada, group, bob);
        EXPECT_TRUE(row.present);
        EXPECT_EQ(row.by, bob.id());
        EXPECT_EQ(row.invited_by, ada.id());
        EXPECT_EQ(links_of(world, ada, group).at(0).uses, 1);
    }
    EXPECT_THAT(texts_of(world.all_changes(bob, group)), IsEmpty()) << "the group hides its history";
    EXPECT_EQ(look_by(world, bob, link)->stream, to_id(group));
}

TEST_P(StoreContract, WhoIsInAlreadyJoinsAgainWithoutAUse) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {});
    const auto link = make_link(world, ada, group, {.role = Role::guest, .uses = 1});
    const auto first = by_link(world, bob, link);
    ASSERT_TRUE(world.apply(first));
    const auto head = world.head(group);
    for (const auto& again : {first, by_link(world, bob, link), by_link(world, ada, link)}) {
        const auto answer = world.apply(again);
        ASSERT_TRUE(answer) << answer.error().context;
        EXPECT_EQ(answer->stream, to_id(group));
        EXPECT_THAT(effects_of(world.batch), ElementsAre("replied"));
    }
    EXPECT_EQ(world.head(group), head);
    EXPECT_EQ(links_of(world, ada, group).at(0).uses, 1);
    EXPECT_EQ(membership_of(world, ada, group, bob).role, Role::guest);
}

TEST_P(StoreContract, OfTwoWhoRaceForTheLastUseOneComesIn) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {});
    const auto link = make_link(world, ada, group, {.uses = 1});
    (void)world.apply({by_link(world, bob, link), by_link(world, cyd, link)});
    const auto answers = world.answers();
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_TRUE(answers[0]);
    ASSERT_FALSE(answers[1]);
    EXPECT_EQ(answers[1].error().code, ErrorCode::link_over);
    EXPECT_EQ(answers[1].error().field, "uses");
    EXPECT_FALSE(membership_of(world, ada, group, cyd).present);
    EXPECT_EQ(links_of(world, ada, group).at(0).uses, 1);
}

TEST_P(StoreContract, ALinkEndsByTheServersClock) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {});
    const auto link = make_link(world, ada, group, {.lasts_ms = limits::link_lasts_ms_min});
    EXPECT_EQ(link.expires_at, world.now + milliseconds(limits::link_lasts_ms_min));
    world.now = *link.expires_at - milliseconds(2);
    ASSERT_TRUE(world.apply(by_link(world, bob, link)));
    EXPECT_EQ(world.now, *link.expires_at - milliseconds(1));
    expect_refused(by_link(world, cyd, link), ErrorCode::link_over);
    EXPECT_EQ(look_by(world, cyd, link).error().field, "expires_at");
    EXPECT_TRUE(world.apply(by_link(world, bob, link))) << "he is in it already";
}

TEST_P(StoreContract, WhatIsRevokedOrWasNeverThereLooksTheSame) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {});
    const auto link = make_link(world, ada, group);
    const auto revoke = world.work(ada, protocol::LinkRevoke{.target = at_group(group), .link = link.id});
    ASSERT_TRUE(world.apply(revoke));
    const auto refused = world.apply(by_link(world, bob, link));
    const auto unknown = world.apply(world.work(bob, LinkJoin{.code = "nothing"}));
    ASSERT_FALSE(refused || unknown);
    EXPECT_EQ(refused.error().code, ErrorCode::link_unknown);
    EXPECT_EQ(refused.error().code, unknown.error().code);
    EXPECT_EQ(refused.error().context, unknown.error().context);
    EXPECT_EQ(look_by(world, bob, link).error().context, unknown.error().context);
    // An id is no code, and a code that nearly fits is none.
    for (const auto& code : {link.id.text(), link.code->substr(1), *link.code + "0"})
        expect_refused(world.work(bob, LinkJoin{.code = code}), ErrorCode::link_unknown);
    EXPECT_THAT(links_of(world, ada, group), IsEmpty());
    EXPECT_TRUE(world.apply(revoke));
    EXPECT_TRUE(
        world.apply(world.work(ada, protocol::LinkRevoke{.target = at_group(group), .link = link.id})));
}

TEST_P(StoreContract, NobodyTouchesTheLinksOfAnotherGroup) {
    const auto ada = world.person("ada");
    const auto eve = world.person("eve");
    const auto group = world.group(ada, {});
    const auto other = world.group(eve, {});
    const auto link = make_link(world, ada, group);
    EXPECT_TRUE(
        world.apply(world.work(eve, protocol::LinkRevoke{.target = at_group(other), .link = link.id})));
    EXPECT_THAT(links_of(world, ada, group), ElementsAre(link));
    expect_refused(world.work(eve, protocol::LinkRevoke{.target = at_group(group), .link = link.id}),
                   ErrorCode::conversation_not_member);
    EXPECT_EQ(links(*world.snapshot(), eve.account, {.stream = to_id(group)}).error().code,
              ErrorCode::conversation_not_member);
}

TEST_P(StoreContract, ALinkIsAsGoodAsTheRightOfItsMaker) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.apply(give_role_to(world, ada, group, bob, Role::admin)));
    const auto link = make_link(world, bob, group);
    ASSERT_TRUE(world.apply(give_role_to(world, ada, group, bob, Role::member)));
    expect_refused(by_link(world, cyd, link), ErrorCode::link_unknown);
    EXPECT_EQ(look_by(world, cyd, link).error().code, ErrorCode::link_unknown);
    // He ends what he made himself, though he may make none now.
    const auto spare = world.work(bob, protocol::LinkRevoke{.target = at_group(group), .link = link.id});
    ASSERT_TRUE(world.apply(give_role_to(world, ada, group, bob, Role::admin)));
    EXPECT_TRUE(look_by(world, cyd, link)) << "it rested";
    ASSERT_TRUE(world.apply(give_role_to(world, ada, group, bob, Role::member)));
    EXPECT_TRUE(world.apply(spare));
    EXPECT_THAT(links_of(world, ada, group), IsEmpty());
}

TEST_P(StoreContract, WhoGoesTakesHisLinksAlong) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.apply(give_role_to(world, ada, group, bob, Role::admin)));
    const auto link = make_link(world, bob, group);
    const auto kept = make_link(world, ada, group);
    ASSERT_TRUE(world.leave(bob, group));
    EXPECT_THAT(links_of(world, ada, group), ElementsAre(kept));
    ASSERT_TRUE(world.apply(by_link(world, bob, kept)));
    ASSERT_TRUE(world.apply(give_role_to(world, ada, group, bob, Role::admin)));
    expect_refused(by_link(world, cyd, link), ErrorCode::link_unknown);
}

TEST_P(StoreContract, WhoWasRemovedComesBackByNoLink) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto link = make_link(world, ada, group);
    ASSERT_TRUE(world.remove(ada, group, bob));
    expect_refused(by_link(world, bob, link), ErrorCode::link_barred);
    EXPECT_EQ(look_by(world, bob, link).error().code, ErrorCode::link_barred);
    ASSERT_TRUE(world.add(ada, group, {bob}));
    EXPECT_EQ(membership_of(world, ada, group, bob).invited_by, std::nullopt);
    ASSERT_TRUE(world.leave(bob, group));
    EXPECT_TRUE(world.apply(by_link(world, bob, link))) << "he went by himself";
    EXPECT_EQ(membership_of(world, ada, group, bob).invited_by, ada.id());
    ASSERT_TRUE(world.apply(give_role_to(world, ada, group, bob, Role::guest)));
    EXPECT_EQ(membership_of(world, ada, group, bob).invited_by, ada.id()) << "it stays while he does";
}

TEST_P(StoreContract, NobodyBecomesMoreByALinkThanItsMakerIs) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto dan = world.person("dan");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(
        world.apply(world.work(ada, protocol::ConversationPermissions{
                                        .target = at_group(group), .permissions = {.invite = Role::guest}})));
    const auto for_members = make_link(world, bob, group);
    ASSERT_TRUE(world.apply(give_role_to(world, ada, group, bob, Role::guest)));
    expect_refused(world.work(bob, LinkCreate{.target = at_group(group), .role = Role::member}),
                   ErrorCode::not_allowed);
    for (const Role above : {Role::moderator, Role::admin, Role::owner})
        expect_refused(world.work(ada, LinkCreate{.target = at_group(group), .role = above}),
                       ErrorCode::invalid);
    const auto for_guests = make_link(world, bob, group);
    EXPECT_EQ(for_guests.role, Role::guest);
    EXPECT_EQ(look_by(world, cyd, for_members)->role, Role::guest) << "who made it is one now";
    ASSERT_TRUE(world.apply(by_link(world, cyd, for_members)));
    EXPECT_EQ(membership_of(world, ada, group, cyd).role, Role::guest);
    const auto seen = links_of(world, bob, group);
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_FALSE(seen[0].code) << "a guest does not hand out what makes members";
    EXPECT_TRUE(seen[1].code);
    // A guest who goes comes back as one.
    ASSERT_TRUE(world.leave(cyd, group));
    const auto of_ada = make_link(world, ada, group);
    ASSERT_TRUE(world.apply(by_link(world, cyd, of_ada)));
    EXPECT_EQ(membership_of(world, ada, group, cyd).role, Role::guest);
    ASSERT_TRUE(world.apply(by_link(world, dan, of_ada)));
    EXPECT_EQ(membership_of(world, ada, group, dan).role, Role::member);
}

TEST_P(StoreContract, AFullGroupLetsNobodyInAndCountsNoUse) {
    rules.members_max = 2;
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {});
    const auto link = make_link(world, ada, group);
    ASSERT_TRUE(world.apply(by_link(world, bob, link)));
    expect_refused(by_link(world, cyd, link), ErrorCode::limit);
    ASSERT_TRUE(world.leave(bob, group));
    EXPECT_TRUE(world.apply(by_link(world, cyd, link)));
    EXPECT_EQ(links_of(world, ada, group).at(0).uses, 2);
}

TEST_P(StoreContract, AGroupHasSoManyLinksAndThoseThatAreOverMakeRoom) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const auto brief = make_link(world, ada, group, {.lasts_ms = limits::link_lasts_ms_min});
    for (std::int64_t i = 1; i < limits::links_max; ++i)
        (void)make_link(world, ada, group);
    const LinkCreate another{.target = at_group(group)};
    expect_refused(world.work(ada, another), ErrorCode::limit);
    world.now = *brief.expires_at;
    EXPECT_EQ(links_of(world, ada, group).size(), std::size_t{limits::links_max});
    ASSERT_TRUE(world.apply(world.work(ada, another)));
    EXPECT_EQ(links_of(world, ada, group).size(), std::size_t{limits::links_max});
    expect_refused(world.work(ada, another), ErrorCode::limit);
    const auto whole = links(*world.snapshot(), ada.account, {.stream = to_id(group)});
    EXPECT_LE(protocol::encode(*whole, protocol::Encoding::json).size(), std::size_t{limits::page_bytes_max});
}

TEST_P(StoreContract, ARepeatedCreationIsTheSameLink) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const auto create = world.work(ada, LinkCreate{.target = at_group(group), .uses = 3});
    const auto first = world.apply(create);
    restart();
    const auto again = world.apply(create);
    ASSERT_TRUE(first && again);
    EXPECT_EQ(std::get<protocol::LinkMade>(first->payload), std::get<protocol::LinkMade>(again->payload));
    EXPECT_EQ(first->stream, again->stream);
    EXPECT_EQ(links_of(world, ada, group).size(), 1u);
}

}  // namespace parley::server::test
