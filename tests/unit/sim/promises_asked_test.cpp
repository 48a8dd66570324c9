// What was asked for and what was done: each way in which the two can differ is shown to the promise, and it
// must say so.

#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {
namespace {

using protocol::Role;

class Asked : public Broken {
  protected:
    Asked() {
        for (const AccountKey account : {ada, ben}) {
            server::Batch batch;
            batch.effects.emplace_back(own(account, 1, profile(account, "n")));
            scene_.committed(batch);
        }
        founded();
    }

    static protocol::ProfileChanged profile(AccountKey account, const std::string& name) {
        return {.profile = {.account = to_id(account),
                            .handle = account == ada ? "ada" : "ben",
                            .name = name,
                            .avatar = {}}};
    }
    static server::AccountChange own(AccountKey account, std::int64_t seq, protocol::ChangePayload payload,
                                     std::int64_t born = 1) {
        server::AccountChange change{.account = account, .change = {}};
        change.change = {.id = {}, .seq = seq, .born = born, .timestamp = {5}, .payload = std::move(payload)};
        return change;
    }
    static protocol::Target in_the_group() { return {.stream = to_id(the_group)}; }

    /// Ada gives it on her device, under this id.
    void give(std::uint8_t id, protocol::Payload command) {
        device(0).ledger.add(uuid(id), std::move(command), to_id(ada));
    }
    /// Of Ada's, the fourth of the group and so on.
    static server::ConversationChange did(std::int64_t seq, protocol::ChangePayload payload, std::uint8_t id,
                                          std::optional<std::int64_t> born = {}) {
        auto made = change(seq, std::move(payload), {}, ada, born);
        made.origin.command = uuid(id);
        if (std::holds_alternative<protocol::MessageNew>(made.change.payload)) made.change.id = uuid(id);
        return made;
    }
    static server::Answer done(std::optional<std::int64_t> seq) {
        server::Answer answer{.payload = protocol::Done{}, .stream = {}, .seq = seq, .timestamp = {5}};
        if (seq) answer.stream = to_id(the_group);
        return answer;
    }
    static server::Answer accepted(std::int64_t born) {
        auto answer = done(born);
        answer.payload = protocol::MessageAccepted{};
        return answer;
    }
    static protocol::ConversationChanged titled(const std::string& title) {
        return {.kind = protocol::ConversationKind::group, .title = title, .by = to_id(ada)};
    }

    void happens(std::uint8_t id, std::vector<server::Effect> effects, Result<server::Answer> answer) {
        server::Batch batch{.first_position = 1, .last_position = 1, .effects = std::move(effects)};
        server::Replied replied{.origin = {.account = ada, .device = DeviceKey{1}, .command = uuid(id)},
                                .answer = std::move(answer)};
        batch.effects.emplace_back(std::move(replied));
        promise_->committed(scene_, batch);
    }
    bool says(const std::string& words) const {
        return broken() == 18 && scene_.violation()->what.find(words) != std::string::npos;
    }

    /// It has come to the server since that has started.
    void heard(std::uint8_t id, protocol::Payload command) {
        protocol::Envelope envelope;
        envelope.id = uuid(id);
        envelope.payload = std::move(command);
        promise_->server_heard(scene_, *ada_, envelope);
    }

    std::unique_ptr<Promise> promise_ = what_was_asked();
};

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

TEST_F(Asked, Promise18WhereAReadMovesFurtherThanWasRead) {
    give(4, protocol::Read{.target = in_the_group(), .upto = 2});
    server::Answer answer{.payload = protocol::ReadOk{.upto = 3, .as_of = {.conversation = 3, .account = 2}},
                          .stream = to_id(the_group),
                          .seq = {},
                          .timestamp = {5}};
    const protocol::ReadChanged moved{.conversation = to_id(the_group), .upto = 3};
    happens(4, {own(ada, 2, moved, 2)}, answer);
    EXPECT_TRUE(says("to another place"));
}

TEST_F(Asked, Promise18WhereWhatIsNotSetAnewDoesNotStay) {
    const protocol::PreferencesChanged before{
        .conversation = to_id(the_group), .archived = true, .notify = protocol::Notify::all};
    auto after = before;
    after.marked_unread = true;
    auto answer = done(3);
    answer.stream = server::to_stream(ada);
    server::Batch batch;
    batch.effects.emplace_back(own(ada, 2, before, 2));
    scene_.committed(batch);
    give(5, protocol::PreferencesSet{.target = in_the_group(), .marked_unread = true});
    EXPECT_EQ(broken(), -1);
    after.archived = false;
    happens(5, {own(ada, 3, after, 2)}, answer);
    EXPECT_TRUE(says("not set as was asked for"));
}

TEST_F(Asked, Promise18WhereWhatWasReadStaysMarked) {
    const protocol::PreferencesChanged marked{
        .conversation = to_id(the_group), .marked_unread = true, .notify = protocol::Notify::all};
    server::Batch batch;
    batch.effects.emplace_back(own(ada, 2, marked, 2));
    scene_.committed(batch);
    give(4, protocol::Read{.target = in_the_group(), .upto = 3});
    const server::Answer answer{
        .payload = protocol::ReadOk{.upto = 3, .as_of = {.conversation = 3, .account = 3}},
        .stream = to_id(the_group),
        .seq = {},
        .timestamp = {5}};
    const protocol::ReadChanged moved{.conversation = to_id(the_group), .upto = 3};
    happens(4, {own(ada, 3, moved, 3)}, answer);
    EXPECT_TRUE(says("still marked as unread"));
}

TEST_F(Asked, Promise18WhereTheFirstThatIsSetIsSwallowed) {
    const protocol::PreferencesSet nothing{.target = in_the_group(), .archived = false};
    give(4, nothing);
    heard(4, nothing);
    happens(4, {}, done({}));
    EXPECT_EQ(broken(), -1) << "so it is from the beginning";
    const protocol::PreferencesSet pin{.target = in_the_group(), .pinned = true};
    give(5, pin);
    heard(5, pin);
    happens(5, {}, done({}));
    EXPECT_TRUE(says("not set as was asked for"));
}

TEST_F(Asked, Promise18WhereWhoLooksAgainHasNotReadIt) {
    const protocol::PreferencesChanged marked{
        .conversation = to_id(the_group), .marked_unread = true, .notify = protocol::Notify::all};
    server::Batch batch;
    batch.effects.emplace_back(
        own(ada, 2, protocol::ReadChanged{.conversation = to_id(the_group), .upto = 3}, 2));
    batch.effects.emplace_back(own(ada, 3, marked, 3));
    scene_.committed(batch);
    const auto answer = [](std::int64_t upto) {
        return server::Answer{
            .payload = protocol::ReadOk{.upto = upto, .as_of = {.conversation = 3, .account = 3}},
            .stream = to_id(the_group),
            .seq = {},
            .timestamp = {5}};
    };
    const protocol::Read below{.target = in_the_group(), .upto = 2};
    give(4, below);
    heard(4, below);
    happens(4, {}, answer(3));
    EXPECT_EQ(broken(), -1) << "that was read long ago";
    const protocol::Read again{.target = in_the_group(), .upto = 3};
    give(5, again);
    heard(5, again);
    happens(5, {}, answer(3));
    EXPECT_TRUE(says("still marked as unread"));
}

TEST_F(Asked, Promise18WhereADraftTakesThePlaceOfOneThatItsWriterHadNotSeen) {
    server::Batch batch;
    batch.effects.emplace_back(
        own(ada, 2, protocol::DraftChanged{.conversation = to_id(the_group), .text = "elsewhere"}, 2));
    scene_.committed(batch);
    auto answer = done(3);
    answer.stream = server::to_stream(ada);
    const auto happened = [&](std::uint8_t id, std::int64_t after, std::int64_t seq) {
        give(id, protocol::DraftSet{.target = in_the_group(), .text = "here", .after = after});
        answer.seq = seq;
        happens(id,
                {own(ada, seq, protocol::DraftChanged{.conversation = to_id(the_group), .text = "here"}, 2)},
                answer);
    };
    happened(4, 2, 3);
    EXPECT_EQ(broken(), -1);
    happened(5, 1, 3);
    EXPECT_TRUE(says("had not seen"));
}

TEST_F(Asked, ADraftMayBeRefusedForOneThatItsWriterHadNotSeen) {
    server::Batch batch;
    batch.effects.emplace_back(
        own(ada, 2, protocol::DraftChanged{.conversation = to_id(the_group), .text = "elsewhere"}, 2));
    scene_.committed(batch);
    give(4, protocol::DraftSet{.target = in_the_group(), .text = "here", .after = 1});
    happens(4, {}, fail(ErrorCode::draft_superseded, "another one"));
    EXPECT_EQ(broken(), -1);
    give(5, protocol::DraftSet{.target = in_the_group(), .text = "here", .after = 2});
    happens(5, {}, fail(ErrorCode::draft_superseded, "another one"));
    EXPECT_TRUE(says("for no reason"));
}

TEST_F(Asked, Promise18WhereADraftIsNotWhatWasWritten) {
    give(4, protocol::DraftSet{.target = in_the_group(), .text = "half a"});
    auto answer = done(2);
    answer.stream = server::to_stream(ada);
    happens(4, {own(ada, 2, protocol::DraftChanged{.conversation = to_id(the_group), .text = "half"}, 2)},
            answer);
    EXPECT_TRUE(says("not what was written"));
}

TEST_F(Asked, Promise18WhereADeviceIsSaidToBeSignedOutAndIsNot) {
    give(4, protocol::DeviceRevoke{.device = to_id(DeviceKey{3})});
    happens(4, {}, done({}));
    EXPECT_TRUE(says("still signed in"));
}

TEST_F(Asked, Promise18WhereWhatWasRefusedWroteToAnAccount) {
    give(4, protocol::Read{.target = in_the_group(), .upto = 9});
    const protocol::ReadChanged moved{.conversation = to_id(the_group), .upto = 3};
    happens(4, {}, fail(ErrorCode::invalid, "above the head"));
    EXPECT_EQ(broken(), -1);
    happens(4, {own(ada, 2, moved, 2)}, fail(ErrorCode::invalid, "above the head"));
    EXPECT_TRUE(says("and changed something"));
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
