// Promise 15 of who is typing is shown worlds in which it is broken, and must say so.

#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace parley::sim {
namespace {

/// Ada types, and Ben is told, as often as asked.
class BrokenTyping : public Broken {
  protected:
    BrokenTyping() { founded(); }

    static protocol::Envelope about_group(protocol::Payload payload) {
        protocol::Envelope envelope;
        envelope.stream = to_id(the_group);
        envelope.payload = std::move(payload);
        return envelope;
    }
    void look(std::vector<StreamId> streams) {
        promise_->server_heard(scene_, *ben_, about_group(protocol::Look{.streams = std::move(streams)}));
    }
    void type() {
        promise_->server_heard(scene_, *ada_,
                               about_group(protocol::Typing{.stream = to_id(the_group), .kind = {}}));
    }
    void told(AccountKey who = ada) {
        promise_->server_said(
            scene_, *ben_, {to_id(ben), to_id(DeviceKey{2})},
            about_group(protocol::TypingChanged{.account = to_id(who), .kind = protocol::TypingKind::text}));
    }
    void leaves(AccountKey who) {
        server::Batch batch;
        batch.effects.emplace_back(change(4, member(who, protocol::Role::member, false, ada)));
        promise_->committed(scene_, batch);
        scene_.committed(batch);
    }

    std::unique_ptr<Promise> promise_ = typing_for_those_who_look();
};

TEST_F(BrokenTyping, IsNothingWrongWhereItIsToldToOneWhoLooks) {
    look({to_id(the_group)});
    type();
    told();
    EXPECT_EQ(broken(), -1);
}

TEST_F(BrokenTyping, Promise15WhereItIsToldToOneWhoDoesNotLook) {
    look({});
    type();
    told();
    EXPECT_EQ(broken(), 15);
}

TEST_F(BrokenTyping, Promise15WhereNobodyHasTyped) {
    look({to_id(the_group)});
    told();
    EXPECT_EQ(broken(), 15);
}

TEST_F(BrokenTyping, Promise15WhereOneIsToldOfHimself) {
    look({to_id(the_group)});
    told(ben);
    EXPECT_EQ(broken(), 15);
}

TEST_F(BrokenTyping, Promise15WhereWhoHeardOfItHasLongBeenOut) {
    look({to_id(the_group)});
    leaves(ben);
    type();
    told();
    ASSERT_EQ(broken(), -1) << "his shard may not know yet";
    pass(seconds(300));
    type();
    told();
    EXPECT_EQ(broken(), 15);
}

TEST_F(BrokenTyping, Promise15WhereWhoTypesHasLongBeenOut) {
    promise_->server_heard(scene_, *ada_, about_group(protocol::Look{.streams = {to_id(the_group)}}));
    leaves(ben);
    pass(seconds(300));
    promise_->server_heard(scene_, *ben_,
                           about_group(protocol::Typing{.stream = to_id(the_group), .kind = {}}));
    promise_->server_said(
        scene_, *ada_, {to_id(ada), to_id(DeviceKey{1})},
        about_group(protocol::TypingChanged{.account = to_id(ben), .kind = protocol::TypingKind::text}));
    EXPECT_EQ(broken(), 15);
}

}  // namespace
}  // namespace parley::sim
