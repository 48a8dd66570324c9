// Roles and permissions: worlds in which somebody does what he may not, and what promise 18 says of them.

#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace parley::sim {
namespace {

using protocol::Permissions;
using protocol::Role;

constexpr AccountKey cyd{103};
constexpr AccountKey dan{104};

/// Ada's group, in which Ben (born 3), Cyd (4) and Dan (5) are members.
class Roles : public Broken {
  protected:
    Roles() {
        founded();
        does(ada, 4, member(cyd, Role::member, true, ada));
        does(ada, 5, member(dan, Role::member, true, ada));
    }

    void does(AccountKey by, std::int64_t seq, protocol::ChangePayload payload,
              std::optional<std::int64_t> born = {}) {
        commit(seq, std::move(payload), {}, by, born);
    }
    /// Ada makes Ben and Cyd what they are.
    void ranks(Role bens, Role cyds) {
        does(ada, 6, member(ben, bens, true, ada), 3);
        does(ada, 7, member(cyd, cyds, true, ada), 4);
        ASSERT_EQ(broken(), -1);
    }
    static protocol::ConversationChanged settings(AccountKey by, const std::string& title,
                                                  std::optional<Permissions> set = {}) {
        return {
            .kind = protocol::ConversationKind::group, .title = title, .by = to_id(by), .permissions = set};
    }
};

TEST_F(Roles, WhatTheyAllowIsAllowed) {
    ranks(Role::admin, Role::moderator);
    does(ben, 8, member(cyd, Role::guest, true, ben), 4);
    does(ben, 9, member(cyd, Role::guest, false, ben), 4);
    does(ben, 10, settings(ben, "by an admin"), 1);
    does(ben, 11, member(cyd, Role::guest, true, ben), 4);
    does(ada, 12, settings(ada, "by an admin", Permissions{.post = Role::admin, .rename = Role::guest}), 1);
    does(dan, 13, settings(dan, "by anybody", Permissions{.post = Role::admin, .rename = Role::guest}), 1);
    message(14, ben, 1);
    does(ada, 15, member(ben, Role::owner, true, ada), 3);
    does(ada, 16, member(ada, Role::admin, true, ada), 2);
    EXPECT_EQ(broken(), -1);
}

TEST_F(Roles, Promise18WhereAnAdminRemovesAnAdmin) {
    ranks(Role::admin, Role::admin);
    does(ben, 8, member(cyd, Role::admin, false, ben), 4);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereAnAdminMakesAnOwner) {
    ranks(Role::admin, Role::member);
    does(ben, 8, member(cyd, Role::owner, true, ben), 4);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereAnAdminTakesAnOwnersRole) {
    ranks(Role::admin, Role::owner);
    does(ben, 8, member(cyd, Role::guest, true, ben), 4);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereAModeratorGivesARole) {
    ranks(Role::moderator, Role::member);
    does(ben, 8, member(cyd, Role::guest, true, ben), 4);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereSomebodyTakesAHigherRole) {
    ranks(Role::moderator, Role::member);
    does(ben, 8, member(ben, Role::admin, true, ben), 3);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereTheLastOwnerStepsDown) {
    does(ada, 6, member(ada, Role::member, true, ada), 2);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereAnAdminSetsPermissions) {
    ranks(Role::admin, Role::member);
    does(ben, 8, settings(ben, "t", Permissions{.post = Role::guest}), 1);
    EXPECT_EQ(broken(), -1) << "so it is by default";
    does(ben, 9, settings(ben, "t", Permissions{.post = Role::member}), 1);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereARenameTakesPermissionsBack) {
    ranks(Role::admin, Role::member);
    does(ada, 8, settings(ada, "t", Permissions{.post = Role::member}), 1);
    ASSERT_EQ(broken(), -1);
    does(ben, 9, settings(ben, "another"), 1);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereSomebodyWritesWhoMayOnlyRead) {
    does(ada, 6, settings(ada, "t", Permissions{.post = Role::moderator}), 1);
    message(7, ada, 1);
    ASSERT_EQ(broken(), -1);
    message(8, ben, 2);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereAMemberOfLowerRankInherits) {
    ranks(Role::guest, Role::moderator);
    server::Batch batch;
    batch.effects.emplace_back(change(8, member(ada, Role::owner, false, ada), {}, ada, 2));
    batch.effects.emplace_back(change(9, member(cyd, Role::owner, true, ada), {}, ada, 4));
    rights()->committed(scene_, batch);
    ASSERT_EQ(broken(), -1);
    batch.effects.back() = change(9, member(dan, Role::owner, true, ada), {}, ada, 5);
    rights()->committed(scene_, batch);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereNobodyInherits) {
    ranks(Role::guest, Role::moderator);
    server::Batch batch;
    batch.effects.emplace_back(change(8, member(ada, Role::owner, false, ada), {}, ada, 2));
    rights()->committed(scene_, batch);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereOneWhoCameLaterInherits) {
    ranks(Role::guest, Role::member);
    server::Batch batch;
    batch.effects.emplace_back(change(8, member(ada, Role::owner, false, ada), {}, ada, 2));
    batch.effects.emplace_back(change(9, member(dan, Role::owner, true, ada), {}, ada, 5));
    rights()->committed(scene_, batch);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereAGuestComesBackAsAMember) {
    ranks(Role::admin, Role::guest);
    does(ben, 8, member(cyd, Role::guest, false, ben), 4);
    ASSERT_EQ(broken(), -1);
    does(ben, 9, member(cyd, Role::member, true, ben), 4);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereAGuestAddsAMember) {
    ranks(Role::guest, Role::member);
    does(ada, 8, settings(ada, "t", Permissions{.add = Role::guest}), 1);
    ASSERT_EQ(broken(), -1);
    does(ben, 9, member(AccountKey{105}, Role::member, true, ben));
    EXPECT_EQ(broken(), 18);
}

TEST_F(Roles, Promise18WhereSomebodyComesBackAsWhatHeWas) {
    ranks(Role::admin, Role::member);
    does(ada, 8, member(ben, Role::admin, false, ada), 3);
    ASSERT_EQ(broken(), -1);
    does(ada, 9, member(ben, Role::admin, true, ada), 3);
    EXPECT_EQ(broken(), 18);
}

}  // namespace
}  // namespace parley::sim
