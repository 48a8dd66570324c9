// Promises 4, 6, 7, 8 and 17 in a living world in which a message was edited, broken on purpose.

#include "sim/promises/all.hpp"
#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {
namespace {

/// Ada's message is edited, and all devices hear of it.
class LivingEdits : public Living {
  protected:
    LivingEdits() {
        hello_ = everything_of(of(ada)).front().messages.front();
        edit("ada says #1");
        pass(seconds(5));
        EXPECT_EQ(broken(), -1) << said();
    }

    void edit(const std::string& text, const std::vector<AccountId>& mentions = {}) {
        protocol::MessageEdit command{.message = hello_.id, .text = text, .mentions = mentions};
        command.target.stream = group_;
        ASSERT_TRUE(scene_.give(of(ada), std::move(command)));
    }
    /// What the device shows, with the message as this leaves it.
    template <class Change>
    Showing shown_with(std::size_t person, Change change) {
        Showing showing = everything_of(of(person)).front();
        change(showing.messages.front());
        return showing;
    }

    core::MessageView hello_;
};

TEST_F(LivingEdits, Promise4WhereADeviceShowsATextOfBeforeWhatItHolds) {
    const auto as_it_is = [](core::MessageView&) {
    };
    same_rows()->looked_at(scene_, of(ben), shown_with(ben, as_it_is));
    ASSERT_EQ(broken(), -1) << said();
    same_rows()->looked_at(scene_, of(ben), shown_with(ben, [](core::MessageView& message) {
                               message.text = "hello";
                               message.edited_at.reset();
                           }));
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("as it was before")) << said();
}

/// The server's counts know already whom the edit mentions, and the device does not.
TEST_F(LivingEdits, NothingIsBrokenWhereWhatIsReadWasChangedSinceItCame) {
    of(ben).node->die(false);
    edit("ada says #2", {account(ben)});
    pass(seconds(5));
    of(ben).node->start();
    pass(seconds(10));
    Showing showing = shown_with(ben, [](core::MessageView& message) { message.mentions.clear(); });
    ASSERT_EQ(showing.view.mentions, 1);
    showing.view.read = hello_.born;
    --showing.view.unread;
    counts()->looked_at(scene_, of(ben), showing);
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(LivingEdits, Promise6WhereAnEditThatWaitsIsNotShown) {
    edit("ada says #2");
    const auto promise = outbox();
    promise->looked_at(scene_, of(ada), everything_of(of(ada)).front());
    ASSERT_EQ(broken(), -1) << said();
    promise->looked_at(scene_, of(ada), shown_with(ada, [](core::MessageView& message) {
                           message.text = "ada says #1";
                           message.changing = false;
                       }));
    EXPECT_EQ(broken(), 6);
}

TEST_F(LivingEdits, Promise6WhereAnEditIsShownThatDoesNotWait) {
    outbox()->looked_at(scene_, of(ben), shown_with(ben, [](core::MessageView& message) {
                            message.text = "ada says #2";
                            message.changing = true;
                        }));
    EXPECT_EQ(broken(), 6);
}

/// The answers that a server might give to a question that Ben has asked.
class EarlierTextsAsked : public LivingEdits {
  protected:
    EarlierTextsAsked() {
        scene_.server_called(line_, {.account = account(ben), .device = {}}, std::nullopt);
    }

    void ask() {
        protocol::Envelope envelope;
        envelope.id = uuid(9);
        envelope.payload =
            protocol::MessageHistory{.stream = group_, .message = hello_.id, .sender = account(ada)};
        promise_->server_heard(scene_, line_, envelope);
    }
    void tell(protocol::Payload payload) {
        protocol::Envelope reply;
        reply.re = uuid(9);
        reply.stream = group_;
        reply.payload = std::move(payload);
        promise_->server_said(scene_, line_, {.account = account(ben), .device = {}}, reply);
    }
    void answer(protocol::Payload payload) {
        ask();
        tell(std::move(payload));
    }
    void deleted() {
        commit_untold(protocol::MessageNew{.sender = account(ada), .text = {}, .deleted_by = account(ada)},
                      hello_.born, hello_.id);
    }
    protocol::EarlierText first() { return {.seq = hello_.born, .text = "hello", .at = hello_.at}; }

    Line line_{"ben/1", 7};
    std::unique_ptr<Promise> promise_ = earlier_texts();
};

TEST_F(EarlierTextsAsked, WhatWasSaidIsTold) {
    answer(protocol::MessageHistoryOk{.texts = {first()}});
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(EarlierTextsAsked, Promise7WhereAnotherTextIsTold) {
    auto other = first();
    other.text = "goodbye";
    answer(protocol::MessageHistoryOk{.texts = {other}});
    EXPECT_EQ(broken(), 7);
}

TEST_F(EarlierTextsAsked, Promise7WhereATextIsLeftOut) {
    answer(protocol::MessageHistoryOk{});
    EXPECT_EQ(broken(), 7);
    EXPECT_TRUE(says("leaves out")) << said();
}

TEST_F(EarlierTextsAsked, Promise8WhereTheMessageWasDeletedBefore) {
    deleted();
    answer(protocol::MessageHistoryOk{.texts = {first()}});
    EXPECT_EQ(broken(), 8);
}

TEST_F(EarlierTextsAsked, NothingIsBrokenWhereTheMessageIsDeletedMeanwhile) {
    ask();
    deleted();
    tell(protocol::MessageHistoryOk{.texts = {first()}});
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(EarlierTextsAsked, Promise17WhereTheyAreToldToOneWhoIsOut) {
    member_untold(ben, protocol::Role::member, false, ada);
    ASSERT_EQ(broken(), -1) << said();
    answer(protocol::MessageHistoryOk{.texts = {first()}});
    EXPECT_EQ(broken(), 17);
}

TEST_F(EarlierTextsAsked, Promise18WhereOneIsRefusedWhoMaySeeThem) {
    answer(protocol::ErrorReply{.code = ErrorCode::message_not_found});
    EXPECT_EQ(broken(), 18);
}

TEST_F(LivingEdits, WhatIsDeletedIsGoneFromTheFilesOfDevices) {
    protocol::MessageDelete command{.message = hello_.id};
    command.target.stream = group_;
    ASSERT_TRUE(scene_.give(of(ada), std::move(command)));
    pass(seconds(5));
    for (const std::size_t person : {ada, ben, cyd})
        look_at_rest(deleted_is_gone(), of(person));
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(LivingEdits, Promise8WhereTheFilesOfADeviceKeepWhatWasDeleted) {
    commit_untold(protocol::MessageNew{.sender = account(ada), .text = {}, .deleted_by = account(ada)},
                  hello_.born, hello_.id);
    ASSERT_EQ(broken(), -1) << said();
    look_at_rest(deleted_is_gone(), of(ben));
    EXPECT_EQ(broken(), 8);
    EXPECT_TRUE(says("in local.db")) << said();
}

}  // namespace
}  // namespace parley::sim
