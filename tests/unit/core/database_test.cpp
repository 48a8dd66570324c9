#include "core/lease.hpp"
#include "core/local_database.hpp"
#include "core/schema.hpp"
#include "tests/unit/core/script.hpp"

#include <gtest/gtest.h>

namespace parley::test {
namespace {

using core::Connection;

TEST(Schema, EveryOlderVersionIsBroughtUpAndKeepsItsRows) {
    for (std::size_t version = 1; version < core::migrations().size(); ++version) {
        FailingDatabase database;
        core::LocalDatabase local(database);
        ASSERT_TRUE(core::migrate(local, core::migrations().first(version)));
        EXPECT_EQ(database.number("PRAGMA user_version"), static_cast<std::int64_t>(version));
        ASSERT_TRUE(database.execute("INSERT INTO settled VALUES (x'00', 'c1', 5)"));
        ASSERT_TRUE(core::migrate(local));
        EXPECT_EQ(database.number("PRAGMA user_version"),
                  static_cast<std::int64_t>(core::migrations().size()));
        EXPECT_EQ(database.number("SELECT at FROM settled WHERE stream = 'c1'"), 5);
        SeededPrimitives primitives(1);
        EXPECT_TRUE(core::Client::open({}, database, primitives, {}));
    }
}

TEST(Schema, AMigrationThatFailsLeavesEverythingAsItWas) {
    for (std::int64_t call = 1; call < 12; ++call) {
        FailingDatabase database;
        {
            core::LocalDatabase local(database);
            database.fail_at(call);
            (void)core::migrate(local);
        }
        database.fail_at(std::nullopt);
        database.crash();
        core::LocalDatabase local(database);
        EXPECT_TRUE(core::migrate(local));
    }
}

TEST(Schema, ANewerDatabaseIsNotTouched) {
    FailingDatabase database;
    {
        core::LocalDatabase local(database);
        ASSERT_TRUE(core::migrate(local));
    }
    ASSERT_TRUE(database.execute("PRAGMA user_version = 99"));
    SeededPrimitives primitives(1);
    EXPECT_FALSE(core::Client::open({}, database, primitives, {}));
    EXPECT_EQ(database.number("PRAGMA user_version"), 99);
    EXPECT_EQ(database.number("SELECT generation FROM lease"), 0);
}

TEST(Lease, TheEarlierOwnerWritesNothingOnceAnotherHasOpened) {
    Script script;
    script.go_live();
    script.join("c1");
    SeededPrimitives primitives(5);
    auto other = core::Client::open({}, script.database(), primitives, script.now());
    ASSERT_TRUE(other);
    script.forget();
    EXPECT_FALSE(
        script.core().submit(protocol::MessageSend{to_stream(StreamId("c1")), "late", {}, {}}, script.now()));
    script.take();
    EXPECT_EQ(script.core().connection(), Connection::lease_lost);
    EXPECT_EQ(script.database().number("SELECT count(*) FROM command"), 0);
    EXPECT_EQ(script.closed, 1);
    EXPECT_TRUE(script.sent.empty());
    EXPECT_TRUE(
        (*other)->submit(protocol::MessageSend{to_stream(StreamId("c1")), "mine now", {}, {}}, script.now()));
}

TEST(Lease, TheEarlierOwnerSendsNoRowItWasGivenAfterwards) {
    Script script;
    script.go_live();
    script.join("c1");
    SeededPrimitives primitives(5);
    auto other = core::Client::open({}, script.database(), primitives, script.now());
    ASSERT_TRUE(other);
    script.forget();
    script.give({Script::pushed("c1", 1, Script::said("text"))});
    EXPECT_EQ(script.core().connection(), Connection::lease_lost);
    EXPECT_EQ(script.database().number("SELECT count(*) FROM stream_row WHERE type = 42"), 0);
    EXPECT_TRUE(script.sent_of<protocol::Ack>().empty());
}

TEST(Database, AFailureEndsTheCoreAndReopeningGoesOn) {
    Script script;
    script.go_live();
    script.join("c1");
    const Uuid before = script.say("c1", "before");
    script.database().fail_at(script.database().calls() + 2);
    script.give({Script::pushed("c1", 1, Script::said("text"))});
    EXPECT_EQ(script.core().connection(), Connection::broken);
    script.forget();
    script.core().connect(script.now());
    script.core().handle_timer(script.now());
    script.take();
    EXPECT_EQ(script.opened, 0);
    script.database().crash();
    script.open();
    script.connect();
    script.auth_ok();
    ASSERT_EQ(script.sent_of<protocol::MessageSend>().size(), 1u);
    EXPECT_EQ(script.sent_of<protocol::MessageSend>()[0].id, before);
}

TEST(Database, StatementsAreUsedAgainAndNestingIsAllowed) {
    FailingDatabase database;
    core::LocalDatabase local(database);
    ASSERT_TRUE(core::migrate(local));
    constexpr std::string_view sql = "SELECT generation FROM lease";
    const auto once = [&] {
        auto query = local.read(sql);
        return query && query->step().value_or(false);
    };
    EXPECT_TRUE(once());
    const auto calls = database.calls();
    EXPECT_TRUE(once());
    EXPECT_EQ(database.calls(), calls + 1);
    auto outer = local.read(sql);
    ASSERT_TRUE(outer);
    ASSERT_TRUE(outer->step());
    EXPECT_TRUE(once());
    EXPECT_EQ(outer->integer(0), 0);
}

}  // namespace
}  // namespace parley::test
