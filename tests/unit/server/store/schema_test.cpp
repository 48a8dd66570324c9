#include "server/store/schema_sqlite.hpp"
#include "server/store/stretches_sqlite.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace parley::server::sqlite {
namespace {

std::int64_t number(Connection& connection, std::string_view sql) {
    Statement statement(connection, sql);
    auto query = statement();
    return query.step() ? query.integer(0) : -1;
}

class Schema : public testing::Test {
  protected:
    Schema() {
        auto opened = Connection::open(":memory:", "", Access::read_write);
        if (opened) connection = std::move(*opened);
    }

    std::unique_ptr<Connection> connection;
};

TEST_F(Schema, AStoreOfTheFirstVersionKeepsItsRowsAndLearnsWhatMoved) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 1));
    ASSERT_TRUE(connection->execute(
        "INSERT INTO conversation VALUES (7, 2, 'narrow', 0, 0, 5, 0, 2, 5000, 0, 0),"
        " (8, 2, 'wide', 0, 0, 5, 0, 257, 5000, 0, 0);"
        "INSERT INTO member VALUES (7, 1, 1, 1, 1, 1, 3, 3, 0, 0, 4), (7, 2, 2, 1, 1, 1, 3, 3, 0, 0, 9000),"
        " (8, 1, 1, 1, 1, 1, 3, 3, 0, 0, 4);"
        "INSERT INTO commits VALUES (5000, 7, 5, 5)"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "PRAGMA user_version"), tables_version);
    EXPECT_EQ(number(*connection, "SELECT stretch FROM member WHERE conversation = 7 AND account = 1"),
              stretch_of(5000));
    EXPECT_EQ(number(*connection, "SELECT stretch FROM member WHERE conversation = 7 AND account = 2"),
              stretch_of(9000));
    EXPECT_EQ(number(*connection, "SELECT stretch FROM member WHERE conversation = 8"), always);
    EXPECT_EQ(number(*connection, "SELECT at FROM commits WHERE position = 5000"), 0);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM follower"), 0);
    // Once more changes nothing.
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM member"), 3);
}

TEST_F(Schema, AStoreThatDoesNotKnowWhyADeviceIsGoneTakesItForSignedOut) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 3));
    ASSERT_TRUE(connection->execute(
        "INSERT INTO device VALUES (7, 1, 'desk', 5, 1, 3, 5), (8, 1, 'phone', 5, 0, 3, 5)"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM device WHERE token_reused = 0"), 2);
    EXPECT_EQ(number(*connection, "SELECT key FROM device WHERE present = 1"), 7);
    ASSERT_TRUE(protect_pages(*connection));
    EXPECT_EQ(number(*connection, "PRAGMA user_version"), schema_version);
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "PRAGMA user_version"), schema_version);
}

TEST_F(Schema, AStoreThatKeptNoHandlesKeepsThemFromNowOn) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 5));
    ASSERT_TRUE(connection->execute("INSERT INTO account VALUES (1, 'ada', 'Ada', '', 1, 'hash', 3, 0)"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM former_handle"), 0);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM account WHERE handle = 'ada'"), 1);
}

TEST_F(Schema, RunsThatWereCountedBeforeTheVersionSaidSoAreKept) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 7));
    ASSERT_TRUE(connection->execute(
        "CREATE TABLE life (life INTEGER PRIMARY KEY, position INTEGER NOT NULL, file TEXT NOT NULL) STRICT;"
        "INSERT INTO life VALUES (5, 9, 'file')"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT position FROM life WHERE life = 5"), 9);
}

TEST_F(Schema, AnEpochThatWasDrawnByLotBecomesOneThatCounts) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 7));
    ASSERT_TRUE(connection->execute(
        "INSERT INTO conversation VALUES (7, 2, 'moved', 0, 0, 3221225477, 0, 2, 5000, 0, 5);"
        "UPDATE meta SET epoch = 1234567890123"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT epoch FROM meta"), 4)
        << "its numbers are below those of the fourth";
}

TEST_F(Schema, AnEpochThatCountsIsKept) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 7));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT epoch FROM meta"), 1);
}

TEST_F(Schema, AStoreInWhichNobodyCouldBlockHasNoBlocks) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 20));
    ASSERT_TRUE(
        connection->execute("INSERT INTO account VALUES (1, 'ada', 'Ada', '', 1, 'hash', 3, 0, 1);"
                            "INSERT INTO conversation VALUES (7, 1, '', 1, 2, 4, 1, 2, 5, 0, 0, 0, 0);"
                            "INSERT INTO member VALUES (7, 1, 2, 1, 1, 2, 4, 4, 1, 0, 5, 0, 0);"
                            "INSERT INTO interval VALUES (7, 1, 1, NULL)"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM block"), 0);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM silence"), 0);
    EXPECT_EQ(number(*connection, "SELECT blocks + blocked_by FROM account WHERE key = 1"), 0);
    EXPECT_EQ(number(*connection, "SELECT blocks + silences FROM conversation WHERE key = 7"), 0);
    EXPECT_EQ(number(*connection, "SELECT receipts_from + spared FROM member WHERE conversation = 7"), 0);
    EXPECT_EQ(number(*connection, "SELECT read FROM member WHERE conversation = 7"), 4)
        << "and keeps the rest";
}

TEST_F(Schema, AStoreInWhichNobodyCouldNameAllKeepsItsMentions) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 18));
    ASSERT_TRUE(connection->execute("INSERT INTO mention VALUES (1, 7, 5)"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM mention"), 1);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM mention_of_all"), 0);
}

TEST_F(Schema, AStoreInWhichNothingCouldBeDeletedKeepsItsMentions) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 8));
    ASSERT_TRUE(connection->execute("INSERT INTO mention VALUES (1, 7, 5)"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM mention"), 1);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM deletion"), 0);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM earlier_text"), 0);
}

TEST_F(Schema, AStoreThatDidNotFollowNamesOwesThoseThatChanged) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 10));
    // One goes by another name since, in an epoch of before; the other by the one that he came with.
    ASSERT_TRUE(
        connection->execute("INSERT INTO account VALUES (1, 'ada', 'Ada', '', 1, 'hash', 3221225479, 0),"
                            " (2, 'bob', 'Bob', '', 1, 'hash', 3, 0);"
                            "INSERT INTO row VALUES (1, 1, 1073741829, 64, 6, 0, NULL, 0, 0, x'00', x'00'),"
                            " (2, 1, 1, 64, 6, 0, NULL, 0, 0, x'00', x'00')"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(number(*connection, "SELECT profile_as_of FROM account WHERE key = 1"), 3221225477);
    EXPECT_EQ(number(*connection, "SELECT profile_as_of FROM account WHERE key = 2"), 1);
    EXPECT_EQ(number(*connection, "SELECT account FROM profile_debt"), 1);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM profile_debt"), 1);
}

TEST_F(Schema, AStoreInWhichNobodyReactedKnowsItsMembers) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 14));
    ASSERT_TRUE(
        connection->execute("INSERT INTO row VALUES (7, 2, 2, 43, 17, 0, NULL, 0, 0, x'00', x'00'),"
                            " (7, 3, 3, 42, 0, 1, NULL, 0, 0, x'00', x'00')"));
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(
        number(*connection, "SELECT born FROM row INDEXED BY row_member WHERE stream = 7 AND kind = 43"), 2);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM reaction"), 0);
}

TEST_F(Schema, AStoreInWhichNothingIsPinnedFindsWhatIsPinnedLater) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection, 16));
    ASSERT_TRUE(migrate(*connection));
    ASSERT_TRUE(
        connection->execute("INSERT INTO row VALUES (7, 2, 2, 37, 9, 0, NULL, 0, 0, x'00', x'00'),"
                            " (7, 3, 4, 37, 25, 0, NULL, 0, 1, x'00', x'00')"));
    EXPECT_EQ(number(*connection,
                     "SELECT born FROM row INDEXED BY row_pinned WHERE stream = 7 AND kind = 37"
                     " AND gone = 0"),
              2);
}

TEST_F(Schema, ANewerStoreIsNotTouched) {
    ASSERT_TRUE(connection);
    ASSERT_TRUE(migrate(*connection));
    const std::int64_t newer = schema_version + 1;
    ASSERT_TRUE(connection->execute(("PRAGMA user_version = " + std::to_string(newer)).c_str()));
    const auto shape = number(*connection, "PRAGMA schema_version");
    const auto changes = number(*connection, "SELECT total_changes()");
    EXPECT_FALSE(migrate(*connection));
    EXPECT_EQ(number(*connection, "PRAGMA user_version"), newer);
    EXPECT_EQ(number(*connection, "PRAGMA schema_version"), shape) << "the tables are as they were";
    EXPECT_EQ(number(*connection, "SELECT total_changes()"), changes) << "and so is every row";
}

}  // namespace
}  // namespace parley::server::sqlite
