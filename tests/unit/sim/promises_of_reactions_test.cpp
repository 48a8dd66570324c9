// Promises 8, 9 and 18 where they speak of reactions, broken on purpose.

#include "sim/promises/all.hpp"
#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace parley::sim {
namespace {

const std::string thumb = "\U0001F44D";

class Reactions : public Living {
  protected:
    Reactions() { hello_ = everything_of(of(ben)).front().messages.front(); }

    void react(std::size_t person, bool remove = false) {
        protocol::MessageReact reaction{
            .message = hello_.id, .sender = hello_.sender, .emoji = thumb, .remove = remove};
        reaction.target.stream = group_;
        scene_.give(of(person), std::move(reaction));
        pass(seconds(5));
    }
    protocol::ReactionChanged row(std::size_t person, bool there = true) {
        protocol::ReactionChanged reaction{.message = hello_.born, .account = account(person)};
        if (there) reaction.emoji = thumb;
        return reaction;
    }

    core::MessageView hello_;
};

TEST_F(Reactions, ThoseThatComeAndGoAgreeEverywhere) {
    react(ada);
    react(ben);
    react(ada, true);
    for (const std::size_t person : {ada, ben, cyd}) {
        look_at_rest(reactions_agree(), of(person));
        look_at_rest(same_as_fresh(), of(person));
    }
    EXPECT_EQ(everything_of(of(cyd)).front().messages.front().reactions.at(0).count, 1);
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(Reactions, Promise9WhereADeviceLacksAReaction) {
    react(ada);
    look_at_rest(reactions_agree(), of(ben));
    ASSERT_EQ(broken(), -1) << said();
    commit_untold(row(ben), {}, {}, ben);
    look_at_rest(reactions_agree(), of(ben));
    EXPECT_EQ(broken(), 9);
    EXPECT_TRUE(says("other reactions")) << said();
}

TEST_F(Reactions, Promise9WhereADeviceShowsOneThatWasTakenBack) {
    react(ada);
    commit_untold(row(ada, false), head());
    look_at_rest(reactions_agree(), of(ben));
    EXPECT_EQ(broken(), 9);
}

TEST_F(Reactions, Promise8WhereTheStoreKeepsThoseToADeletedMessage) {
    commit_untold(protocol::MessageNew{.sender = account(ada), .deleted_by = account(ada)}, hello_.born,
                  hello_.id);
    StoredRows stored;
    stored.rows.push_back({.stream = group_, .change = {.seq = 9, .born = 9, .payload = row(ben)}});
    deleted_is_gone()->at_rest(scene_, stored);
    EXPECT_EQ(broken(), 8);
    EXPECT_TRUE(says("a reaction to the message")) << said();
}

TEST_F(Reactions, Promise18WhereSomebodyReactsForAnother) {
    server::ConversationChange change{
        .conversation = *server::conversation_key(group_.text()), .change = {}, .origin = {}};
    change.change = {.seq = head() + 1, .born = head() + 1, .payload = row(ben)};
    change.origin.account = key(ada);
    server::Batch batch{.first_position = 1'000, .last_position = 1'000, .effects = {}};
    batch.effects.emplace_back(std::move(change));
    rights()->committed(scene_, batch);
    EXPECT_EQ(broken(), 18);
}

}  // namespace
}  // namespace parley::sim
