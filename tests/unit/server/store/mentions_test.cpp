#include "server/store/sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gtest/gtest.h>

namespace parley::server::test {
namespace {

class Mentions : public testing::Test {
  protected:
    Mentions() {
        EXPECT_TRUE(on_disk.start());
        world = std::make_unique<StoreWorld>(on_disk.store());
        ada = world->person("ada");
        bob = world->person("bob");
        group = world->group(ada, {bob});
    }

    void mention_bob(int times) {
        auto said = message_to(group, "bob!");
        said.mentions = {bob.id()};
        for (int i = 0; i < times; ++i)
            ASSERT_TRUE(world->apply(world->work(ada, said)));
    }

    std::int64_t kept() {
        const auto connection = sqlite::Connection::open("data/parley.db", on_disk.process().vfs_name(),
                                                         sqlite::Access::read_only);
        EXPECT_TRUE(connection);
        sqlite::Statement count(**connection, "SELECT count(*) FROM mention");
        auto query = count();
        EXPECT_TRUE(query.step());
        return query.integer(0);
    }

    StoreOnDisk on_disk{1};
    std::unique_ptr<StoreWorld> world;
    Person ada;
    Person bob;
    ConversationKey group;
};

TEST_F(Mentions, AreForgottenWhenTheyAreRead) {
    mention_bob(10);
    EXPECT_EQ(kept(), 10);
    ASSERT_TRUE(world->read(bob, group, world->head(group) - 4));
    EXPECT_EQ(kept(), 4);
    EXPECT_EQ(world->state(bob, group).mentions, 4);
    ASSERT_TRUE(world->read(bob, group, world->head(group)));
    EXPECT_EQ(kept(), 0);
    mention_bob(2);
    EXPECT_EQ(world->state(bob, group).mentions, 2);
}

TEST_F(Mentions, AreForgottenWhenTheirPersonGoes) {
    mention_bob(3);
    ASSERT_TRUE(world->remove(ada, group, bob));
    EXPECT_EQ(kept(), 0);
    mention_bob(3);
    EXPECT_EQ(kept(), 0) << "he is no member";
    ASSERT_TRUE(world->add(ada, group, {bob}));
    EXPECT_EQ(world->state(bob, group).mentions, 0);
}

}  // namespace
}  // namespace parley::server::test
