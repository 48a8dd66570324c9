// Promises 8, 9 and 18 where they speak of pins, broken on purpose.

#include "sim/promises/all.hpp"
#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace parley::sim {
namespace {

class Pins : public Living {
  protected:
    Pins() { hello_ = everything_of(of(ben)).front().messages.front(); }

    void pin(std::size_t person, bool remove = false) {
        protocol::MessagePin pin{.message = hello_.id, .sender = hello_.sender, .remove = remove};
        pin.target.stream = group_;
        scene_.give(of(person), std::move(pin));
        pass(seconds(5));
    }
    protocol::PinChanged row(std::size_t by, bool removed = false) {
        return {.message = hello_.born,
                .id = hello_.id,
                .sender = hello_.sender,
                .by = account(by),
                .removed = removed};
    }
    std::size_t shown_to(std::size_t person) { return of(person).node->client().pins(group_)->size(); }

    core::MessageView hello_;
};

TEST_F(Pins, ThoseThatComeAndGoAgreeEverywhere) {
    for (const bool remove : {false, true, false}) {
        pin(ada, remove);
        for (const std::size_t person : {ada, ben, cyd}) {
            EXPECT_EQ(shown_to(person), remove ? 0u : 1u);
            look_at_rest(pins_agree(), of(person));
            look_at_rest(same_as_fresh(), of(person));
        }
    }
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(Pins, Promise9WhereADeviceLacksAPin) {
    commit_untold(row(ada), {}, {}, ada);
    look_at_rest(pins_agree(), of(ben));
    EXPECT_EQ(broken(), 9);
    EXPECT_TRUE(says("as pinned nothing")) << said();
}

TEST_F(Pins, Promise9WhereADeviceShowsWhatWasUnpinned) {
    pin(ada);
    commit_untold(row(ada, true), head());
    look_at_rest(pins_agree(), of(ben));
    EXPECT_EQ(broken(), 9);
}

TEST_F(Pins, Promise8WhereTheStoreKeepsThatOfADeletedMessage) {
    commit_untold(protocol::MessageNew{.sender = account(ada), .deleted_by = account(ada)}, hello_.born,
                  hello_.id);
    StoredRows stored;
    stored.rows.push_back({.stream = group_, .change = {.seq = 9, .born = 9, .payload = row(ada)}});
    deleted_is_gone()->at_rest(scene_, stored);
    EXPECT_EQ(broken(), 8);
    EXPECT_TRUE(says("the pin of the message")) << said();
}

TEST_F(Pins, Promise18WhereSomebodyPinsWhoMayNot) {
    server::ConversationChange change{
        .conversation = *server::conversation_key(group_.text()), .change = {}, .origin = {}};
    change.change = {.seq = head() + 1, .born = head() + 1, .payload = row(ben)};
    change.origin.account = key(ben);
    server::Batch batch{.first_position = 1'000, .last_position = 1'000, .effects = {}};
    batch.effects.emplace_back(std::move(change));
    rights()->committed(scene_, batch);
    EXPECT_EQ(broken(), 18);
}

}  // namespace
}  // namespace parley::sim
