#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using protocol::Role;
using testing::ElementsAre;

TEST_P(StoreContract, ANewGroupBeginsWithSettingsAndMembers) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto create = world.work(
        ada, protocol::ConversationCreate{.title = "tea", .members = {bob.id(), bob.id(), ada.id()}});
    const auto made = world.apply(create);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->seq, 3);
    EXPECT_THAT(effects_of(world.batch),
                ElementsAre("joined", "opened", "joined", "opened", "conversation.changed 1",
                            "member.changed 2", "member.changed 3", "replied"));
    const auto group = *conversation_key(made->stream.text());
    const auto rows = world.all_changes(bob, group);
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(std::get<protocol::MemberChanged>(rows[1].payload).profile.handle, "ada");
    EXPECT_EQ(std::get<protocol::MemberChanged>(rows[1].payload).role, Role::owner);
    EXPECT_EQ(std::get<protocol::MemberChanged>(rows[2].payload).role, Role::member);
    // Both see everything.
    EXPECT_EQ(std::get<protocol::MemberChanged>(rows[1].payload).from, 1);
    EXPECT_EQ(std::get<protocol::MemberChanged>(rows[2].payload).from, 1);
    // Repeated, it is the same group.
    const auto before = data->dump();
    EXPECT_EQ(world.apply(create)->stream, made->stream);
    EXPECT_EQ(data->dump(), before);
}

TEST_P(StoreContract, NewcomersHearFirstAndSeeEachOther) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {});
    ASSERT_TRUE(world.send(ada, group, "before"));
    const auto added = world.add(ada, group, {bob, cyd, bob});
    ASSERT_TRUE(added);
    EXPECT_EQ(added->seq, 5);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("joined", "opened", "joined", "opened",
                                                     "member.changed 4", "member.changed 5", "replied"));
    ASSERT_TRUE(world.send(ada, group, "after"));
    EXPECT_THAT(texts_of(world.all_changes(bob, group)), ElementsAre("after"));
    EXPECT_THAT(texts_of(world.all_changes(ada, group)), ElementsAre("before", "after"));
    EXPECT_EQ(world.state(bob, group).from, 4);
    EXPECT_EQ(world.state(bob, group).unread, 1);
    // Who is in it already stays as he is.
    const auto again = world.add(ada, group, {bob});
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->seq);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied"));
}

TEST_P(StoreContract, ARemovedMemberGetsNothingMore) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.send(ada, group, "seen"));
    const auto removed = world.remove(ada, group, bob);
    ASSERT_TRUE(removed);
    EXPECT_EQ(removed->seq, 5);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("left", "closed", "member.changed 5", "replied"));
    auto view = world.snapshot();
    const auto stream = to_id(group);
    EXPECT_EQ(changes(*view, bob.account, {.stream = stream}).error().code,
              ErrorCode::conversation_not_member);
    EXPECT_EQ(page(*view, bob.account, {.stream = stream, .before = 0}).error().code,
              ErrorCode::conversation_not_member);
    EXPECT_EQ(rows(*view, bob.account, {.stream = stream, .kind = protocol::RowKind::member}).error().code,
              ErrorCode::conversation_not_member);
    EXPECT_TRUE(conversation_states(*view, bob.account, 0)->conversations.empty());
    EXPECT_TRUE(resume_part(*view, bob.account, {})->open.empty());
    expect_refused(world.work(bob, protocol::Read{.target = {.stream = stream}, .upto = 4}),
                   ErrorCode::conversation_not_member);
    const auto before = data->dump();
    world.ack(bob, group, 4);
    EXPECT_EQ(data->dump(), before);
    // Removing him again changes nothing.
    EXPECT_FALSE(world.remove(ada, group, bob)->seq);
    const auto gone =
        changes(*world.snapshot(), ada.account, {.stream = stream, .only = protocol::Only::removed});
    ASSERT_EQ(gone->rows.size(), 1u);
    EXPECT_FALSE(std::get<protocol::MemberChanged>(gone->rows[0].payload).present);
    EXPECT_EQ(std::get<protocol::MemberChanged>(gone->rows[0].payload).from, 1);
    EXPECT_EQ(gone->upto, 5);
}

TEST_P(StoreContract, AMemberWhoComesBackSeesBothHisTimesAndKeepsHisPlace) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.send(ada, group, "first time"));
    ASSERT_TRUE(world.remove(ada, group, bob));
    ASSERT_TRUE(world.send(ada, group, "between"));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    ASSERT_TRUE(world.send(ada, group, "second time"));
    const auto rows = world.all_changes(bob, group);
    EXPECT_THAT(texts_of(rows), ElementsAre("first time", "second time"));
    for (const auto& row : rows) {
        const auto* member = std::get_if<protocol::MemberChanged>(&row.payload);
        if (member == nullptr || member->profile.handle != "bob") continue;
        EXPECT_EQ(row.born, 3);
        EXPECT_EQ(row.seq, 7);
        EXPECT_TRUE(member->present);
        EXPECT_EQ(member->from, 7) << "his receipts say nothing about what was said before";
    }
    const auto state = world.state(bob, group);
    EXPECT_EQ(state.from, 7);
    EXPECT_EQ(state.read, 7);
    EXPECT_EQ(state.unread, 1);
    // The account's row of the conversation is one, and the last word.
    const auto account = *changes(*world.snapshot(), bob.account, {.stream = to_stream(bob.account)});
    int joined = 0;
    for (const auto& row : account.rows) {
        if (const auto* now = std::get_if<protocol::Joined>(&row.payload)) {
            ++joined;
            EXPECT_EQ(now->from, 7);
        }
        EXPECT_FALSE(std::holds_alternative<protocol::Left>(row.payload));
    }
    EXPECT_EQ(joined, 1);
}

TEST_P(StoreContract, TheLongestStandingMemberInheritsTheGroup) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.add(ada, group, {cyd}));
    // Bob came before Cyd, but goes and comes again.
    ASSERT_TRUE(world.remove(ada, group, bob));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    ASSERT_TRUE(world.leave(ada, group));
    EXPECT_THAT(effects_of(world.batch),
                ElementsAre("left", "closed", "member.changed 7", "member.changed 8", "replied"));
    EXPECT_EQ(world.state(cyd, group).summary.role, Role::owner);
    EXPECT_EQ(world.state(bob, group).summary.role, Role::member);
    for (const auto& row : world.all_changes(bob, group)) {
        const auto* member = std::get_if<protocol::MemberChanged>(&row.payload);
        if (member == nullptr || member->profile.handle != "cyd") continue;
        EXPECT_EQ(row.seq, 8);
        EXPECT_EQ(member->from, 4) << "another role is no other membership";
    }
    // A leave that is sent twice is one leave.
    const auto work = world.work(cyd, protocol::ConversationLeave{.target = {.stream = to_id(group)}});
    const auto first = world.apply(work);
    ASSERT_TRUE(first);
    EXPECT_EQ(world.apply(work)->seq, first->seq);
    ASSERT_TRUE(world.leave(bob, group));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("left", "closed", "member.changed 11", "replied"));
}

TEST_P(StoreContract, OnlyOwnersChangeAGroupAndNobodyChangesADirectConversation) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob});
    const auto direct = *conversation_key(world.send_direct(ada, bob, "hi")->stream.text());
    const auto rename = [](ConversationKey key) {
        return protocol::ConversationRename{.target = {.stream = to_id(key)}, .title = "new"};
    };
    const auto add = [&](ConversationKey key) {
        return protocol::MemberAdd{.target = {.stream = to_id(key)}, .accounts = {cyd.id()}};
    };
    const auto remove = [](ConversationKey key, const Person& whom) {
        return protocol::MemberRemove{.target = {.stream = to_id(key)}, .account = whom.id()};
    };
    expect_refused(world.work(bob, rename(group)), ErrorCode::not_allowed);
    expect_refused(world.work(bob, add(group)), ErrorCode::not_allowed);
    expect_refused(world.work(bob, remove(group, ada)), ErrorCode::not_allowed);
    expect_refused(world.work(cyd, rename(group)), ErrorCode::conversation_not_member);
    expect_refused(world.work(cyd, add(group)), ErrorCode::conversation_not_member);
    expect_refused(world.work(cyd, remove(group, ada)), ErrorCode::conversation_not_member);
    expect_refused(world.work(ada, rename(direct)), ErrorCode::conversation_kind);
    expect_refused(world.work(ada, add(direct)), ErrorCode::conversation_kind);
    expect_refused(world.work(ada, remove(direct, bob)), ErrorCode::conversation_kind);
    expect_refused(world.work(ada, protocol::ConversationLeave{.target = {.stream = to_id(direct)}}),
                   ErrorCode::conversation_kind);
    // And one that nobody has begun yet, the same: it can never become anything else.
    const protocol::Target not_begun{.direct = cyd.id()};
    expect_refused(world.work(ada, protocol::ConversationRename{.target = not_begun, .title = "new"}),
                   ErrorCode::conversation_kind);
    expect_refused(world.work(ada, protocol::MemberAdd{.target = not_begun, .accounts = {bob.id()}}),
                   ErrorCode::conversation_kind);
    expect_refused(world.work(ada, protocol::MemberRemove{.target = not_begun, .account = cyd.id()}),
                   ErrorCode::conversation_kind);
    expect_refused(world.work(ada, protocol::ConversationLeave{.target = not_begun}),
                   ErrorCode::conversation_kind);
    expect_refused(world.work(ada, protocol::Read{.target = not_begun, .upto = 1}),
                   ErrorCode::conversation_not_member);
    expect_refused(world.work(ada, remove(group, ada)), ErrorCode::invalid);
    expect_refused(world.work(ada, remove(group, cyd)), ErrorCode::account_not_found);
    auto unknown = add(group);
    unknown.accounts.push_back(AccountId{"a0000000009"});
    expect_refused(world.work(ada, unknown), ErrorCode::account_not_found);
    expect_refused(world.work(ada, protocol::ConversationCreate{.title = "t", .members = unknown.accounts}),
                   ErrorCode::account_not_found);
    const auto renamed = world.apply(world.work(ada, rename(group)));
    ASSERT_TRUE(renamed);
    EXPECT_EQ(world.state(bob, group).summary.title, "new");
    const auto settings =
        *rows(*world.snapshot(), bob.account, {.stream = to_id(group), .kind = protocol::RowKind::settings});
    ASSERT_EQ(settings.rows.size(), 1u);
    EXPECT_EQ(settings.rows[0].born, 1);
    EXPECT_EQ(settings.rows[0].seq, renamed->seq);
}

TEST_P(StoreContract, AGroupHasAtMostSoManyMembers) {
    rules.members_max = 3;
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto dan = world.person("dan");
    expect_refused(world.work(ada, protocol::ConversationCreate{.title = "t",
                                                                .members = {bob.id(), cyd.id(), dan.id()}}),
                   ErrorCode::limit);
    const auto group = world.group(ada, {bob});
    expect_refused(world.work(ada, protocol::MemberAdd{.target = {.stream = to_id(group)},
                                                       .accounts = {bob.id(), cyd.id(), dan.id()}}),
                   ErrorCode::limit);
    EXPECT_TRUE(world.add(ada, group, {bob, cyd}));
    // Who left makes room.
    ASSERT_TRUE(world.remove(ada, group, bob));
    EXPECT_TRUE(world.add(ada, group, {dan}));
    expect_refused(
        world.work(ada, protocol::MemberAdd{.target = {.stream = to_id(group)}, .accounts = {bob.id()}}),
        ErrorCode::limit);
}

}  // namespace parley::server::test
