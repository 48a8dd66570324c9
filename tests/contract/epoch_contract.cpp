#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

struct Groups {
    StoreWorld& world;
    Person ada = world.person("ada");
    Person bob = world.person("bob");
    ConversationKey group = world.group(ada, {bob});
    ConversationKey quiet = world.group(ada, {bob});
};

Result<ResumePart> part_for(StoreWorld& world, const Person& who, const SyncToken& token) {
    return resume_part(*world.snapshot(), who.account, token);
}

SyncToken token_of(StoreWorld& world, const Person& who) {
    return resume_part(*world.snapshot(), who.account, {})->token;
}

/// What a session does that meets such a token.
Work report(const Person& who, const SyncToken& token, WallTime at) {
    return {.origin = {.session = {1}, .account = who.account, .device = who.device},
            .command = TokenAhead{token},
            .at = at};
}

}  // namespace

TEST_P(StoreContract, ATokenStaysGoodOverAllRunsOfItsStore) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const auto token = token_of(world, ada);
    for (int run = 0; run < 3; ++run) {
        restart();
        EXPECT_NE(store->life(), token.life);
        const auto part = part_for(world, ada, token);
        ASSERT_TRUE(part);
        EXPECT_FALSE(part->ahead);
        EXPECT_THAT(part->envelopes, IsEmpty());
        EXPECT_EQ(part->token.life, store->life());
    }
    ASSERT_TRUE(world.send(ada, group, "x"));
    restart();
    EXPECT_EQ(part_for(world, ada, token)->envelopes.size(), 1u);
}

TEST_P(StoreContract, ATokenAheadOfTheStoreIsToldNothing) {
    const auto ada = world.person("ada");
    world.group(ada, {});
    const auto good = token_of(world, ada);
    auto position = good;
    ++position.position;
    auto account = good;
    ++account.account_seq;
    auto states = good;
    states.states_as_of = states.states_below = good.position + 1;
    auto other_run = good;
    other_run.life ^= 1;
    auto later_run = good;
    later_run.life += std::int64_t{1} << 40;
    for (const auto& token : {position, account, states, other_run, later_run}) {
        const auto part = part_for(world, ada, token);
        ASSERT_TRUE(part);
        EXPECT_TRUE(part->ahead);
        EXPECT_FALSE(part->finished);
        EXPECT_THAT(part->envelopes, IsEmpty());
    }
}

TEST_P(StoreContract, AnOlderCopyPutBackBecomesAnotherEpoch) {
    const Groups at{world};
    ASSERT_TRUE(world.send(at.ada, at.group, "kept"));
    const auto early = token_of(world, at.bob);
    const auto first_epoch = store->epoch();
    keep_copy();
    ASSERT_EQ(world.send(at.ada, at.group, "lost")->seq, 5);
    const auto ahead = token_of(world, at.bob);
    put_copy_back();
    // Until somebody comes who knows better, numbers are given again, and more than were lost.
    for (const auto* text : {"one", "two", "three"})
        ASSERT_TRUE(world.send(at.ada, at.group, text));
    ASSERT_GT(store->position(), ahead.position);
    EXPECT_FALSE(part_for(world, at.bob, early)->ahead);
    EXPECT_TRUE(part_for(world, at.bob, ahead)->ahead);

    ASSERT_TRUE(world.apply(std::vector{world.work(at.ada, message_to(at.group, "beside it")),
                                        report(at.bob, ahead, world.now), report(at.ada, ahead, world.now),
                                        world.work(at.ada, message_to(at.group, "after it"))}));
    EXPECT_THAT(effects_of(world.batch),
                ElementsAre("message.new 8", "replied", "epoch begun", "replied", "replied",
                            testing::StartsWith("message.new "), "replied"))
        << "once, though two came with such a token";
    const auto epoch = store->epoch();
    EXPECT_NE(epoch, first_epoch);
    const auto state = world.state(at.bob, at.group);
    EXPECT_EQ(state.restored_from, 4) << "where it stood in what is shared";
    EXPECT_GT(state.head, std::int64_t{1} << 40) << "beyond whatever was given";
    EXPECT_EQ(world.state(at.bob, at.quiet).restored_from, 3);
    EXPECT_EQ(texts_of(world.all_changes(at.bob, at.group)),
              (std::vector<std::string>{"kept", "one", "two", "three", "beside it", "after it"}));
    restart();
    EXPECT_EQ(store->epoch(), epoch) << "it lasts";
    for (const auto& token : {early, ahead}) {
        const auto part = part_for(world, at.bob, token);
        EXPECT_FALSE(part->ahead);
        EXPECT_EQ(part->token.epoch, epoch);
        EXPECT_EQ(std::ranges::count(part->envelopes, protocol::Type::conversation_state,
                                     [](const auto& envelope) { return envelope.type(); }),
                  2);
    }
    EXPECT_TRUE(world.apply(report(at.bob, ahead, world.now)));
    EXPECT_EQ(store->epoch(), epoch) << "one that comes late changes nothing";
}

TEST_P(StoreContract, ACopyPutBackTwiceInASecondGivesNoKeyTwice) {
    const Groups at{world};
    keep_copy();
    std::set<std::int64_t> keys;
    for (int times = 0; times < 3; ++times) {
        EXPECT_TRUE(keys.insert(world.group(at.ada, {at.bob}).value).second)
            << "devices hold the lost conversation under its name";
        const auto ahead = token_of(world, at.bob);
        put_copy_back();
        ASSERT_TRUE(world.apply(report(at.bob, ahead, world.now)));
    }
}

TEST_P(StoreContract, ACopyPutBackTwiceInASecondGivesNoNumberTwice) {
    const Groups at{world};
    keep_copy();
    ASSERT_TRUE(world.send(at.ada, at.group, "lost"));
    const auto ahead = token_of(world, at.bob);
    std::set<std::int64_t> heads;
    for (int times = 0; times < 3; ++times) {
        put_copy_back();
        ASSERT_TRUE(world.apply(report(at.bob, ahead, world.now)));
        heads.insert(world.head(at.group));
    }
    EXPECT_EQ(heads.size(), 3u);
    EXPECT_LT(*heads.rbegin(), std::int64_t{1} << 53) << "JSON carries it";
}

TEST_P(StoreContract, ATokenOfALaterEpochShowsThatTheStoreIsBehind) {
    const Groups at{world};
    ASSERT_TRUE(world.send(at.ada, at.group, "kept"));
    const auto early = token_of(world, at.bob);
    keep_copy();
    ASSERT_TRUE(world.send(at.ada, at.group, "lost first"));
    ASSERT_TRUE(world.apply(report(
        at.bob,
        [&] {
            auto lost = token_of(world, at.bob);
            lost.life ^= 1;
            return lost;
        }(),
        world.now)));
    const auto second_epoch = store->epoch();
    const auto given = world.send(at.ada, at.group, "lost with the second epoch")->seq.value();
    const auto later = token_of(world, at.bob);
    ASSERT_EQ(later.epoch, second_epoch);
    put_copy_back();
    ASSERT_LT(store->epoch(), second_epoch);
    ASSERT_TRUE(world.send(at.ada, at.group, "before anybody comes"));

    const auto part = part_for(world, at.bob, later);
    ASSERT_TRUE(part);
    EXPECT_TRUE(part->ahead);
    ASSERT_TRUE(world.apply(report(at.bob, later, world.now)));
    EXPECT_GT(store->epoch(), second_epoch) << "they rise";
    EXPECT_GT(world.head(at.group), given) << "and so do all numbers";
    const auto state = world.state(at.bob, at.group);
    EXPECT_EQ(state.restored_from, 4) << "where it stood in what is shared";
    for (const auto& token : {early, later})
        EXPECT_FALSE(part_for(world, at.bob, token)->ahead) << "they are of earlier epochs now";
    auto drawn_by_lot = later;
    drawn_by_lot.epoch = std::int64_t{1} << 40;
    EXPECT_FALSE(part_for(world, at.bob, drawn_by_lot)->ahead) << "as they were before they rose";
}

TEST_P(StoreContract, AcksThatWereUnderWayWhenAnEpochBeganSayNothing) {
    const Groups at{world};
    ASSERT_TRUE(world.send(at.ada, at.group, "kept"));
    keep_copy();
    ASSERT_TRUE(world.send(at.ada, at.group, "lost"));
    const auto ahead = token_of(world, at.bob);
    put_copy_back();
    ASSERT_EQ(world.send(at.ada, at.group, "in its place")->seq, 5);
    const auto delivered = [&] {
        return world.snapshot()->conversations().member(at.group, at.bob.account)->delivered;
    };
    world.ack(at.bob, at.group, 4);
    ASSERT_EQ(delivered(), 4);
    const Work under_way{.origin = {},
                         .command = Acks{.epoch = store->epoch(),
                                         .acks = {{.account = at.bob.account,
                                                   .device = at.bob.device,
                                                   .conversation = at.group,
                                                   .seq = 5}}},
                         .at = world.now};
    // In one transaction, as the writer finds them in its queue.
    ASSERT_TRUE(world.apply(std::vector{report(at.bob, ahead, world.now), under_way}));
    EXPECT_EQ(delivered(), 4) << "what bob has is the lost one";
    world.ack(at.bob, at.group, world.head(at.group));
    EXPECT_EQ(delivered(), world.head(at.group));
}

TEST_P(StoreContract, WhereCommitsAreForgottenMoreIsFetchedThanWasLost) {
    const Groups at{world};
    const auto early = token_of(world, at.bob);
    keep_copy();
    ASSERT_TRUE(world.send(at.ada, at.group, "lost"));
    const auto ahead = token_of(world, at.bob);
    put_copy_back();
    ASSERT_TRUE(world.send(at.ada, at.group, "new"));
    // Nobody comes for longer than commits are kept.
    world.now.ms += 2 * limits::resume_window_ms;
    for (int i = 0; i < 10; ++i)
        ASSERT_TRUE(world.send(at.ada, at.quiet, "later"));
    ASSERT_TRUE(world.apply(report(at.bob, ahead, world.now)));
    EXPECT_EQ(world.state(at.bob, at.group).restored_from, 1);
    EXPECT_EQ(world.state(at.bob, at.quiet).restored_from, 1);
    EXPECT_FALSE(part_for(world, at.bob, early)->ahead);
}

}  // namespace parley::server::test
