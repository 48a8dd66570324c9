// Promises 4, 14 and 18 where they speak of what parts of texts are and of who names all, broken on purpose.

#include "sim/promises/all.hpp"
#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace parley::sim {
namespace {

using protocol::Entity;
using protocol::EntityKind;

class LivingEntities : public Living {
  protected:
    void send(std::size_t person, std::vector<Entity> entities) {
        protocol::MessageSend message{.text = "all of you", .entities = std::move(entities)};
        message.target.stream = group_;
        ASSERT_TRUE(scene_.give(of(person), std::move(message)));
        pass(seconds(5));
    }
    static Entity all() { return {.kind = EntityKind::everyone, .length = 3}; }
    Showing shown_to(std::size_t person) { return everything_of(of(person)).front(); }
};

TEST_F(LivingEntities, ThatAreSentAgreeEverywhereAndCount) {
    send(ada, {all()});
    for (const std::size_t person : {ada, ben, cyd}) {
        const Showing showing = shown_to(person);
        EXPECT_EQ(showing.messages.back().entities, std::vector{all()});
        EXPECT_EQ(showing.view.mentions, person == ada ? 0 : 1);
        same_rows()->looked_at(scene_, of(person), showing);
        look_at_rest(counts(), of(person));
    }
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(LivingEntities, Promise4WhereADeviceShowsOtherMarks) {
    send(ada, {all()});
    Showing showing = shown_to(ben);
    showing.messages.back().entities.clear();
    same_rows()->looked_at(scene_, of(ben), showing);
    EXPECT_EQ(broken(), 4);
}

TEST_F(LivingEntities, Promise14WhereADeviceDoesNotCountWhoNamesAll) {
    send(ada, {all()});
    Showing showing = shown_to(ben);
    showing.view.mentions = 0;
    counts()->device_at_rest(scene_, of(ben), {showing});
    EXPECT_EQ(broken(), 14);
}

TEST_F(LivingEntities, Promise18WhereSomebodyNamesAllWhoMayNot) {
    protocol::ConversationPermissions set{.permissions = {.mention_all = protocol::Role::owner}};
    set.target.stream = group_;
    ASSERT_TRUE(scene_.give(of(ada), std::move(set)));
    pass(seconds(5));
    ASSERT_EQ(broken(), -1) << said();
    server::ConversationChange change{
        .conversation = *server::conversation_key(group_.text()), .change = {}, .origin = {}};
    change.change = {
        .seq = head() + 1,
        .born = head() + 1,
        .payload = protocol::MessageNew{
            .sender = account(ben), .text = "all of you", .entities = {all()}, .names_all = true}};
    change.origin.account = key(ben);
    server::Batch batch{.first_position = 1'000, .last_position = 1'000, .effects = {}};
    batch.effects.emplace_back(std::move(change));
    rights()->committed(scene_, batch);
    EXPECT_EQ(broken(), 18);
}

}  // namespace
}  // namespace parley::sim
