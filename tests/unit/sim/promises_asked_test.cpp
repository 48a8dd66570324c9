// What was asked for and what was done: each way in which the two can differ is shown to the promise, and it
// must say so.

#include "tests/unit/sim/asked_world.hpp"

namespace parley::sim {
namespace {

using protocol::Role;

TEST_F(Asked, WhatWasAskedForIsWhatWasDone) {
    give(4, protocol::ConversationRename{.target = in_the_group(), .title = "new"});
    happens(4, {did(4, titled("new"), 4, 1)}, done(4));
    EXPECT_EQ(broken(), -1);
}

TEST_F(Asked, Promise18WhereARenameWritesNothing) {
    give(4, protocol::ConversationRename{.target = in_the_group(), .title = "new"});
    happens(4, {}, done({}));
    EXPECT_TRUE(says("it was done in another conversation"));
}

TEST_F(Asked, Promise18WhereARenameNamesAChangeThatIsNotThere) {
    give(4, protocol::ConversationRename{.target = in_the_group(), .title = "new"});
    happens(4, {}, done(4));
    EXPECT_TRUE(says("the title is not the one"));
}

TEST_F(Asked, Promise18WhereAnotherTitleIsGiven) {
    give(4, protocol::ConversationRename{.target = in_the_group(), .title = "new"});
    happens(4, {did(4, titled("newer"), 4, 1)}, done(4));
    EXPECT_TRUE(says("the title is not the one"));
}

TEST_F(Asked, Promise18WhereARenameAlsoWritesAMessage) {
    give(4, protocol::ConversationRename{.target = in_the_group(), .title = "new"});
    happens(4, {did(4, titled("new"), 4, 1), did(5, text(ada), 4)}, done(4));
    EXPECT_TRUE(says("it did more than that"));
}

TEST_F(Asked, Promise18WhereAMessageStandsInAnotherConversation) {
    give(4, protocol::MessageSend{.target = {.stream = to_id(ConversationKey{202})}, .text = "hello"});
    happens(4, {did(4, text(ada), 4)}, accepted(4));
    EXPECT_TRUE(says("it went to another conversation"));
}

TEST_F(Asked, Promise18WhereAMessageToAPersonStandsInAGroup) {
    give(4, protocol::MessageSend{.target = {.direct = to_id(ben)}, .text = "hello"});
    happens(4, {did(4, text(ada), 4)}, accepted(4));
    EXPECT_TRUE(says("it went to another conversation"));
}

TEST_F(Asked, Promise18WhereAnotherMessageIsStored) {
    give(4, protocol::MessageSend{.target = in_the_group(), .text = "hallo"});
    happens(4, {did(4, text(ada), 4)}, accepted(4));
    EXPECT_TRUE(says("another message stands"));
}

TEST_F(Asked, Promise18WhereAMessageIsEditedOnceTooOften) {
    const auto edit_number = [&](std::int64_t number) {
        auto said = text(ada);
        said.text = std::to_string(number);
        said.edited_at = WallTime{5};
        return said;
    };
    message(4, ada, 1);
    std::int64_t number = 1;
    for (; number < limits::edits_max; ++number)
        commit(4 + number, edit_number(number), uuid(1), ada, 4);
    const auto happens_once_more = [&](std::uint8_t id) {
        give(id, protocol::MessageEdit{
                     .target = in_the_group(), .message = uuid(1), .text = std::to_string(number)});
        auto change = did(4 + number, edit_number(number), id, 4);
        change.change.id = uuid(1);
        happens(id, {change}, done(4 + number));
    };
    happens_once_more(201);
    EXPECT_EQ(broken(), -1);
    commit(4 + number, edit_number(number), uuid(1), ada, 4);
    ++number;
    happens_once_more(202);
    EXPECT_TRUE(says("edited too often"));
}

TEST_F(Asked, Promise18WhereNobodyGaveIt) {
    happens(4, {did(4, text(ada), 4)}, accepted(4));
    EXPECT_TRUE(says("nobody gave it"));
}

TEST_F(Asked, Promise18WhereAFounderIsNoOwnerOrIsJoinedByOthers) {
    const auto made = [&](Role role, AccountKey other) {
        auto settings = did(1, titled("t"), 4);
        auto first = did(2, member(ada, role, true, ada), 4);
        auto second = did(3, member(other, Role::member, true, ada), 4);
        std::vector<server::Effect> effects;
        for (auto* one : {&settings, &first, &second}) {
            one->conversation = ConversationKey{202};
            effects.emplace_back(std::move(*one));
        }
        return effects;
    };
    give(4, protocol::ConversationCreate{.title = "t", .members = {to_id(ben)}});
    server::Answer answer{.payload = protocol::ConversationCreated{},
                          .stream = to_id(ConversationKey{202}),
                          .seq = 3,
                          .timestamp = {5}};
    happens(4, made(Role::owner, ben), answer);
    EXPECT_EQ(broken(), -1);
    auto another = what_was_asked();
    std::swap(another, promise_);
    happens(4, made(Role::member, ben), answer);
    EXPECT_TRUE(says("in other roles"));
}

TEST_F(Asked, Promise18WhereAGroupHasOtherMembers) {
    give(4, protocol::ConversationCreate{.title = "t", .members = {to_id(ben)}});
    auto settings = did(1, titled("t"), 4);
    auto first = did(2, member(ada, Role::owner, true, ada), 4);
    auto second = did(3, member(AccountKey{103}, Role::member, true, ada), 4);
    settings.conversation = first.conversation = second.conversation = ConversationKey{202};
    happens(4, {settings, first, second},
            server::Answer{.payload = protocol::ConversationCreated{},
                           .stream = to_id(ConversationKey{202}),
                           .seq = 3,
                           .timestamp = {5}});
    EXPECT_TRUE(says("other members"));
}

TEST_F(Asked, Promise18WhereSomebodyComesInAsAnOwner) {
    const AccountId cyd = to_id(AccountKey{103});
    give(4, protocol::MemberAdd{.target = in_the_group(), .accounts = {cyd}});
    happens(4, {did(4, member(AccountKey{103}, Role::owner, true, ada), 4)}, done(4));
    EXPECT_TRUE(says("or in another role"));
}

TEST_F(Asked, Promise18WhereSomebodyIsSaidToBeInAndIsNot) {
    protocol::MemberAdd add{.target = in_the_group(), .accounts = {to_id(ben), to_id(AccountKey{103})}};
    give(4, add);
    heard(4, add);
    happens(4, {}, done({}));
    EXPECT_TRUE(says("is not in it"));
}

TEST_F(Asked, WhoComesAgainWithWhatWasDoneMayFindItOtherwise) {
    protocol::MemberAdd add{.target = in_the_group(), .accounts = {to_id(ben)}};
    give(4, add);
    heard(4, add);
    happens(4, {}, done({}));
    commit(4, member(ben, Role::member, false, ada), {}, ada, 3);
    happens(4, {}, done({}));
    EXPECT_EQ(broken(), -1);
}

TEST_F(Asked, Promise18WhereSomebodyStays) {
    protocol::MemberRemove remove{.target = in_the_group(), .account = to_id(ben)};
    give(4, remove);
    heard(4, remove);
    happens(4, {}, done({}));
    EXPECT_TRUE(says("he is still in it"));
}

TEST_F(Asked, Promise18WhereSomebodyElseGoes) {
    give(4, protocol::ConversationLeave{.target = in_the_group()});
    happens(4, {did(4, member(ben, Role::member, false, ada), 4, 3)}, done(4));
    EXPECT_TRUE(says("somebody else went"));
}

TEST_F(Asked, Promise18WhereAProfileLosesWhatWasToStay) {
    give(4, protocol::ProfileSet{.handle = {}, .name = {}, .avatar = "a"});
    auto changed = profile(ada, "another");
    changed.profile.avatar = "a";
    auto answer = done(2);
    answer.stream = server::to_stream(ada);
    happens(4, {own(ada, 2, changed)}, answer);
    EXPECT_TRUE(says("the profile is not the one"));
}

TEST_F(Asked, Promise18WhereADeviceIsSaidToBeSignedOutAndIsNot) {
    give(4, protocol::DeviceRevoke{.device = to_id(DeviceKey{3})});
    happens(4, {}, done({}));
    EXPECT_TRUE(says("still signed in"));
}

TEST_F(Asked, Promise18WhereAnOwnerIsRefused) {
    give(4, protocol::ConversationRename{.target = in_the_group(), .title = "new"});
    happens(4, {}, fail(ErrorCode::not_allowed, "no"));
    EXPECT_TRUE(says("for no reason"));
}

TEST_F(Asked, Promise18WhereAnotherRoleIsGiven) {
    give(4, protocol::MemberRole{.target = in_the_group(), .account = to_id(ben), .role = Role::admin});
    happens(4, {did(4, member(ben, Role::moderator, true, ada), 4, 3)}, done(4));
    EXPECT_TRUE(says("the role is not the one"));
}

TEST_F(Asked, Promise18WhereOtherPermissionsAreSet) {
    give(4, protocol::ConversationPermissions{.target = in_the_group(),
                                              .permissions = {.rename = Role::member}});
    auto set = titled("t");
    set.permissions = {.rename = Role::member};
    happens(4, {did(4, set, 4, 1)}, done(4));
    EXPECT_EQ(broken(), -1);
    set.permissions->add = Role::guest;
    happens(4, {did(4, set, 4, 1)}, done(4));
    EXPECT_TRUE(says("something else is set, too"));
}

TEST_F(Asked, Promise18WhereAGroupIsTransferredByHalf) {
    give(4, protocol::OwnershipTransfer{.target = in_the_group(), .account = to_id(ben)});
    happens(4,
            {did(4, member(ben, Role::owner, true, ada), 4, 3),
             did(5, member(ada, Role::admin, true, ada), 4, 2)},
            done(5));
    EXPECT_EQ(broken(), -1);
    happens(4, {did(4, member(ada, Role::admin, true, ada), 4, 2)}, done(4));
    EXPECT_TRUE(says("somebody else owns it"));
}

TEST_F(Asked, Promise18WhereTheOnlyOwnerOfTwoIsKept) {
    give(4, protocol::MemberRole{.target = in_the_group(), .account = to_id(ada), .role = Role::member});
    happens(4, {}, fail(ErrorCode::conversation_last_owner, "no"));
    EXPECT_EQ(broken(), -1);
    commit(4, member(ben, Role::owner, true, ada), {}, ada, 3);
    happens(4, {}, fail(ErrorCode::conversation_last_owner, "no"));
    EXPECT_TRUE(says("for no reason"));
}

TEST_F(Asked, Promise18WhereAMemberIsTakenForAStranger) {
    give(4, protocol::MessageSend{.target = in_the_group(), .text = "hello"});
    happens(4, {}, fail(ErrorCode::conversation_not_member, "no"));
    EXPECT_TRUE(says("for no reason"));
}

TEST_F(Asked, WhoIsOutIsRefusedForThat) {
    server::Batch batch;
    batch.effects.emplace_back(change(4, member(ada, Role::owner, false, ada), {}, ada, 2));
    batch.effects.emplace_back(change(5, member(ben, Role::owner, true, ada), {}, ada, 3));
    scene_.committed(batch);
    give(6, protocol::MessageSend{.target = in_the_group(), .text = "hello"});
    happens(6, {}, fail(ErrorCode::conversation_not_member, "no"));
    EXPECT_EQ(broken(), -1);
}

TEST_F(Asked, Promise18WhereAHandleIsNobodysAndTaken) {
    give(4, protocol::ProfileSet{.handle = "free"});
    happens(4, {}, fail(ErrorCode::handle_taken, "no"));
    EXPECT_TRUE(says("for no reason"));
}

TEST_F(Asked, Promise18WhereAnAnswerIsToSomethingThatStandsThere) {
    message(4, ada, 9);
    give(5, protocol::MessageSend{.target = in_the_group(), .text = "hello", .reply_to = uuid(8)});
    happens(5, {}, fail(ErrorCode::message_not_found, "no"));
    EXPECT_EQ(broken(), -1);
    give(6, protocol::MessageSend{.target = in_the_group(), .text = "hello", .reply_to = uuid(9)});
    happens(6, {}, fail(ErrorCode::message_not_found, "no"));
    EXPECT_TRUE(says("for no reason"));
}

TEST_F(Asked, Promise18WhereWhatNothingRefusedIsSaidToBeRefused) {
    give(4, protocol::MessageSend{.target = in_the_group(), .text = "hello"});
    protocol::Envelope envelope;
    envelope.re = uuid(4);
    envelope.payload = protocol::ErrorReply{.code = ErrorCode::not_allowed};
    promise_->server_said(scene_, *ada_, {to_id(ada), to_id(DeviceKey{1})}, envelope);
    EXPECT_TRUE(says("which nothing in the store did"));
}

TEST_F(Asked, Promise18WhereAMessageLiesInTheStoreThatNobodyGave) {
    StoredRows stored;
    stored.rows.push_back(
        {.stream = to_id(the_group), .author = to_id(ada), .change = did(4, text(ada), 4).change});
    give(4, protocol::MessageSend{.target = in_the_group(), .text = "hello"});
    promise_->at_rest(scene_, stored);
    EXPECT_EQ(broken(), -1);
    stored.rows.front().change.id = uuid(5);
    promise_->at_rest(scene_, stored);
    EXPECT_TRUE(says("is a message that nobody gave"));
}

TEST_F(Asked, Promise18WhereTwoPersonsHaveTwoConversations) {
    for (const std::int64_t key : {202, 203}) {
        server::Batch batch;
        auto settings = did(
            1, protocol::ConversationChanged{.kind = protocol::ConversationKind::direct, .by = to_id(ada)},
            4);
        auto first = did(2, member(ada, Role::member, true, ada), 4);
        auto second = did(3, member(ben, Role::member, true, ada), 4);
        for (auto* one : {&settings, &first, &second}) {
            one->conversation = ConversationKey{key};
            one->origin.command = uuid(static_cast<std::uint8_t>(key));
            batch.effects.emplace_back(std::move(*one));
        }
        scene_.committed(batch);
        promise_->at_rest(scene_, {});
        EXPECT_TRUE(key != 202 || broken() == -1);
    }
    EXPECT_TRUE(says("of the same"));
}

}  // namespace
}  // namespace parley::sim
