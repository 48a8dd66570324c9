#include "server/store/sqlite.hpp"
#include "server/store/stretches_sqlite.hpp"
#include "sim/random.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

#include <utility>

namespace parley::server::test {

namespace {

using Pair = std::pair<std::int64_t, std::int64_t>;

/// A few people in narrow and wide conversations, who do everything by which one moves.
class MovedTest : public testing::Test {
  protected:
    MovedTest() {
        EXPECT_TRUE(on_disk.start());
        world = std::make_unique<StoreWorld>(on_disk.store());
        for (int i = 0; i < crowd_count; ++i)
            crowd.push_back(world->person("person" + std::to_string(i)));
        const auto first = [&](int count) {
            return std::vector<Person>(crowd.begin() + 1, crowd.begin() + count);
        };
        for (const int size : {2, 3, 20, 30, 250, 256, 257, 290})
            groups.push_back(world->group(crowd[0], first(size)));
    }

    /// What the tables say, without stretches.
    std::vector<Pair> recount(const Person& person, PositionRange range) {
        const auto connection =
            sqlite::Connection::open(database, on_disk.process().vfs_name(), sqlite::Access::read_only);
        EXPECT_TRUE(connection);
        sqlite::Statement all(
            **connection,
            "SELECT member.conversation, max(conversation.touched, member.touched) AS position"
            " FROM member JOIN conversation ON conversation.key = member.conversation"
            " WHERE member.account = ? AND member.present = 1 AND position > ?"
            " AND position <= ? ORDER BY position DESC");
        std::vector<Pair> found;
        for (auto query = all(person.account, range.above, range.upto); query.step();)
            found.emplace_back(query.integer(0), query.integer(1));
        return found;
    }

    std::vector<Pair> moved(const Person& person, PositionRange range, std::size_t count_max) {
        std::vector<Pair> found;
        const auto view = world->snapshot();
        for (const Moved& one : view->conversations().moved(person.account, range, count_max))
            found.emplace_back(one.conversation.value, one.position);
        return found;
    }

    void act(sim::Random& random) {
        const auto group = groups[static_cast<std::size_t>(random.below(groups.size()))];
        const auto& person = crowd[static_cast<std::size_t>(random.below(40))];
        const auto& other = crowd[static_cast<std::size_t>(random.between(1, crowd_count - 1))];
        switch (random.below(7)) {
            case 0:
                (void)world->add(crowd[0], group, {other});
                break;
            case 1:
                (void)world->remove(crowd[0], group, other);
                break;
            case 2:
                (void)world->read(person, group, world->head(group));
                break;
            case 3:
                world->ack(person, group, world->head(group));
                break;
            case 4:
                (void)world->send_direct(person, other, "x");
                break;
            default:
                (void)world->send(person, group, "x");
        }
    }

    static constexpr int crowd_count = 300;
    StoreOnDisk on_disk{1};
    std::unique_ptr<StoreWorld> world;
    std::vector<Person> crowd;
    std::vector<ConversationKey> groups;
};

}  // namespace

TEST_F(MovedTest, EqualsARecountHoweverConversationsMoveGrowAndShrink) {
    sim::Random random(7);
    for (int round = 0; round < 60; ++round) {
        for (int i = 0; i < 100; ++i)
            act(random);
        const std::int64_t head = on_disk.store().position();
        for (const int who : {0, 1, 2, 39, 255, 256}) {
            const auto& person = crowd[static_cast<std::size_t>(who)];
            const auto above = random.between(0, head);
            const PositionRange range{.above = above, .upto = random.between(above, head)};
            const auto expected = recount(person, range);
            ASSERT_EQ(moved(person, range, 1'000), expected) << "round " << round << ", person " << who;
            const auto first = std::min<std::size_t>(expected.size(), 3);
            const std::vector<Pair> newest(expected.begin(),
                                           expected.begin() + static_cast<std::ptrdiff_t>(first));
            ASSERT_EQ(moved(person, range, 3), newest) << "round " << round << ", person " << who;
        }
    }
    EXPECT_GT(on_disk.store().position(), 5 * sqlite::stretch_positions) << "or nothing was tested";
}

TEST_F(MovedTest, JoinedAreThoseInWhichOneIsPresent) {
    const auto view = world->snapshot();
    EXPECT_EQ(view->conversations().joined(crowd[0].account), groups);
    EXPECT_EQ(view->conversations().joined(crowd[280].account), std::vector{groups.back()});
    ASSERT_TRUE(world->leave(crowd[280], groups.back()));
    EXPECT_TRUE(world->snapshot()->conversations().joined(crowd[280].account).empty());
}

}  // namespace parley::server::test
