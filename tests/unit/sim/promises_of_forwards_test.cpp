// Promise 18 where it speaks of forwards, custom data and silence, broken on purpose; and 4 where a device
// shows other data.

#include "tests/unit/sim/asked_world.hpp"
#include "tests/unit/sim/living_world.hpp"

namespace parley::sim {
namespace {

const protocol::Custom poll{.kind = "org.example.poll", .data = "[1.50]"};

/// Ben has said "hello" as the fourth of the group; ada forwards it as the fifth.
class AskedToForward : public Asked {
  protected:
    AskedToForward() {
        protocol::MessageNew said = text(ben);
        said.entities = {{.kind = protocol::EntityKind::bold, .length = 2},
                         {.kind = protocol::EntityKind::everyone, .offset = 3, .length = 2}};
        said.names_all = true;
        said_ = said;
        commit(4, said, uuid(4), ben);
        give(5, protocol::MessageSend{
                    .target = in_the_group(),
                    .text = {},
                    .forward = protocol::ForwardOf{
                        .stream = to_id(the_group), .message = uuid(4), .sender = to_id(ben)}});
    }

    protocol::MessageNew copy() const {
        return {.sender = to_id(ada),
                .text = said_.text,
                .entities = {said_.entities.front()},
                .forwarded = protocol::Forwarded{.account = to_id(ben), .name = "n", .at = {5}}};
    }
    void forwarded(const protocol::MessageNew& row) {
        auto answer = accepted(5);
        if (row.forwarded)
            answer.payload = protocol::MessageAccepted{
                .text = row.text, .entities = row.entities, .custom = row.custom, .forwarded = row.forwarded};
        happens(5, {did(5, row, 5)}, answer);
    }

    protocol::MessageNew said_;
};

TEST_F(AskedToForward, WhatWasSaidIsHandedOn) {
    forwarded(copy());
    EXPECT_EQ(broken(), -1) << (scene_.violation() ? scene_.violation()->what : "");
}

TEST_F(AskedToForward, Promise18WhereOtherWordsAreHandedOn) {
    auto other = copy();
    other.text = "hullo";
    forwarded(other);
    EXPECT_TRUE(says("something else than what it forwards"));
}

TEST_F(AskedToForward, Promise18WhereOtherDataIsHandedOn) {
    auto other = copy();
    other.custom = poll;
    forwarded(other);
    EXPECT_TRUE(says("something else than what it forwards"));
}

TEST_F(AskedToForward, Promise18WhereAForwardNamesEverybody) {
    auto other = copy();
    other.entities = said_.entities;
    forwarded(other);
    EXPECT_TRUE(says("another message stands"));
}

TEST_F(AskedToForward, Promise18WhereSomebodyElseIsNamedForIt) {
    auto other = copy();
    other.forwarded->account = to_id(ada);
    forwarded(other);
    EXPECT_TRUE(says("it does not say who said it"));
}

TEST_F(AskedToForward, Promise18WhereItDoesNotSayThatItIsAForward) {
    auto other = copy();
    other.forwarded.reset();
    forwarded(other);
    EXPECT_TRUE(says("another message stands"));
}

TEST_F(AskedToForward, Promise18WhereWhatWasDeletedIsHandedOn) {
    commit(5, protocol::MessageNew{.sender = to_id(ben), .text = {}, .deleted_by = to_id(ben)}, uuid(4), ben,
           4);
    give(6, protocol::MessageSend{.target = in_the_group(),
                                  .text = {},
                                  .forward = protocol::ForwardOf{
                                      .stream = to_id(the_group), .message = uuid(4), .sender = to_id(ben)}});
    auto answer = accepted(6);
    answer.payload = protocol::MessageAccepted{
        .text = copy().text, .entities = copy().entities, .forwarded = copy().forwarded};
    happens(6, {did(6, copy(), 6)}, answer);
    EXPECT_TRUE(says("it forwards what was deleted"));
}

TEST_F(AskedToForward, Promise18WhereTheAnswerSaysSomethingElse) {
    happens(5, {did(5, copy(), 5)}, accepted(5));
    EXPECT_TRUE(says("the answer says something else"));
}

TEST_F(Asked, Promise18WhereCustomDataIsWrittenAnew) {
    give(4, protocol::MessageSend{.target = in_the_group(), .text = {}, .custom = poll});
    auto row = text(ada);
    row.text.clear();
    row.custom = protocol::Custom{.kind = poll.kind, .data = "[1.5]"};
    happens(4, {did(4, row, 4)}, accepted(4));
    EXPECT_TRUE(says("another message stands"));
}

TEST_F(Asked, Promise18WhereWhatIsNoDataIsTaken) {
    const protocol::Custom broken_one{.kind = poll.kind, .data = "[1.50],"};
    give(4, protocol::MessageSend{.target = in_the_group(), .text = {}, .custom = broken_one});
    auto row = text(ada);
    row.text.clear();
    row.custom = broken_one;
    happens(4, {did(4, row, 4)}, accepted(4));
    EXPECT_TRUE(says("it took what makes no sense"));
}

TEST_F(Asked, Promise18WhereASilentMessageIsLoud) {
    give(4, protocol::MessageSend{.target = in_the_group(), .text = text(ada).text, .silent = true});
    happens(4, {did(4, text(ada), 4)}, accepted(4));
    EXPECT_TRUE(says("another message stands"));
}

class LivingData : public Living {
  protected:
    LivingData() {
        protocol::MessageSend message{.text = {}, .silent = true, .custom = poll};
        message.target.stream = group_;
        EXPECT_TRUE(scene_.give(of(ada), std::move(message)));
        pass(seconds(5));
    }
    Showing shown_to(std::size_t person) { return everything_of(of(person)).front(); }
};

TEST_F(LivingData, IsTheSameEverywhere) {
    for (const std::size_t person : {ada, ben, cyd}) {
        const Showing showing = shown_to(person);
        EXPECT_EQ(showing.messages.back().custom, poll);
        EXPECT_TRUE(showing.messages.back().silent);
        same_rows()->looked_at(scene_, of(person), showing);
    }
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(LivingData, Promise4WhereADeviceShowsOtherData) {
    Showing showing = shown_to(ben);
    showing.messages.back().custom->data = "[1.5]";
    same_rows()->looked_at(scene_, of(ben), showing);
    EXPECT_EQ(broken(), 4);
}

TEST_F(LivingData, Promise4WhereADeviceForgetsThatAMessageIsSilent) {
    Showing showing = shown_to(ben);
    showing.messages.back().silent = false;
    same_rows()->looked_at(scene_, of(ben), showing);
    EXPECT_EQ(broken(), 4);
}

}  // namespace
}  // namespace parley::sim
