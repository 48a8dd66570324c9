#include "protocol/generated/cpp/limits.hpp"
#include "server/store/sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

namespace {

class Commits : public testing::Test {
  protected:
    Commits() {
        EXPECT_TRUE(on_disk.start());
        world = std::make_unique<StoreWorld>(on_disk.store());
        ada = world->person("ada");
        group = world->group(ada, {});
    }

    void send(int count) {
        for (int i = 0; i < count; ++i)
            ASSERT_TRUE(world->send(ada, group, "x"));
    }

    std::unique_ptr<sqlite::Connection> connect() {
        auto connection =
            sqlite::Connection::open(database, on_disk.process().vfs_name(), sqlite::Access::read_write);
        EXPECT_TRUE(connection);
        return std::move(*connection);
    }

    std::int64_t number(const char* sql) {
        const auto connection = connect();
        sqlite::Statement statement(*connection, sql);
        auto query = statement();
        EXPECT_TRUE(query.step());
        return query.integer(0);
    }
    std::int64_t kept() { return number("SELECT count(*) FROM commits"); }
    std::int64_t oldest() { return number("SELECT coalesce(min(position), 0) FROM commits"); }

    void follow(std::int64_t position) {
        const auto connection = connect();
        sqlite::Statement put(*connection, "INSERT OR REPLACE INTO follower VALUES ('search', ?)");
        put.run(position);
        EXPECT_TRUE(connection->status());
    }

    StoreOnDisk on_disk{1};
    std::unique_ptr<StoreWorld> world;
    Person ada;
    ConversationKey group;
};

}  // namespace

TEST_F(Commits, AreKeptForTheWindow) {
    send(100);
    const auto before = kept();
    world->now = world->now + Duration{limits::resume_window_ms} - hour;
    send(100);
    EXPECT_EQ(kept(), before + 100);
}

TEST_F(Commits, BehindTheWindowAreForgottenAFewWithEachTransaction) {
    send(200);
    world->now = world->now + Duration{limits::resume_window_ms} + hour;
    const auto before = kept();
    send(1);
    EXPECT_LT(kept(), before);
    EXPECT_GE(kept(), before + 1 - 18) << "the work of one transaction is bounded";
    send(50);
    EXPECT_EQ(kept(), 51) << "what is left is of the window";
    EXPECT_EQ(oldest(), on_disk.store().position() - 50);
}

TEST_F(Commits, AreKeptUntilEveryFollowerHasReadThem) {
    send(100);
    const auto read = on_disk.store().position() - 60;
    follow(read);
    world->now = world->now + Duration{limits::resume_window_ms} + hour;
    send(100);
    EXPECT_EQ(oldest(), read + 1);
    follow(on_disk.store().position());
    send(100);
    EXPECT_EQ(kept(), 200);
}

TEST_F(Commits, OfAClockThatRanAheadKeepNothingBehindThem) {
    const auto now = world->now;
    world->now = now + Duration{365LL * 24 * 3600 * 1000};
    send(10);
    EXPECT_GE(kept(), 10) << "a moment costs little";
    world->now = now;
    send(100);
    world->now = now + Duration{limits::resume_window_ms} + hour;
    send(100);
    EXPECT_EQ(kept(), 100);
}

TEST_F(Commits, HaveNoGapsWhereTheClockHasJumpedBack) {
    const auto now = world->now;
    const auto first = on_disk.store().position() + 1;
    world->now = now + Duration{limits::resume_window_ms} - hour;
    send(10);
    world->now = now;
    send(100);
    // The hundred are behind the window, and the ten in front of them are not.
    world->now = now + Duration{limits::resume_window_ms} + hour;
    send(10);
    EXPECT_EQ(number(("SELECT count(*) FROM commits WHERE position >= " + std::to_string(first)).c_str()),
              120);
    world->now = now + Duration{2 * limits::resume_window_ms} + hour * 3;
    send(100);
    EXPECT_EQ(kept(), 100) << "and when those are, all go";
}

TEST_F(Commits, SurviveARestartInTheSameOrder) {
    send(20);
    const auto before = kept();
    ASSERT_TRUE(on_disk.store().close());
    ASSERT_TRUE(on_disk.start());
    world->use(on_disk.store());
    EXPECT_EQ(kept(), before);
    world->now = world->now + Duration{limits::resume_window_ms} + hour;
    send(20);
    EXPECT_LT(kept(), before);
}

}  // namespace parley::server::test
