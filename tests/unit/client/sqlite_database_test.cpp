#include "client/sqlite_database.hpp"

#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace parley::client {
namespace {

using test::TemporaryFolder;

std::unique_ptr<SqliteDatabase> opened(const std::string& path, Durability durability = Durability::commit) {
    auto database = SqliteDatabase::open(path, durability);
    EXPECT_TRUE(database) << database.error().context;
    return std::move(*database);
}

TEST(SqliteDatabase, GivesBackWhatWasBound) {
    const auto database = opened(":memory:");
    ASSERT_TRUE(database->execute("CREATE TABLE t (a, b, c, d, e)"));
    auto insert = database->prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
    ASSERT_TRUE(insert);
    const Bytes blob{0, 1, 255};
    (*insert)->bind(0, std::int64_t{-5});
    (*insert)->bind(1, std::string_view("t\0ext", 5));
    (*insert)->bind(2, ByteView(blob));
    (*insert)->bind_null(3);
    (*insert)->bind(4, std::string_view());
    EXPECT_EQ((*insert)->step(), false);

    auto select = database->prepare("SELECT a, b, c, d, e FROM t");
    ASSERT_TRUE(select);
    ASSERT_EQ((*select)->step(), true);
    EXPECT_EQ((*select)->integer(0), -5);
    EXPECT_EQ((*select)->text(1), std::string_view("t\0ext", 5));
    EXPECT_EQ(Bytes((*select)->blob(2).begin(), (*select)->blob(2).end()), blob);
    EXPECT_TRUE((*select)->is_null(3));
    EXPECT_FALSE((*select)->is_null(4)) << "an empty text is no NULL";
    EXPECT_EQ((*select)->step(), false);
}

TEST(SqliteDatabase, ForgetsBindingsOnReset) {
    const auto database = opened(":memory:");
    auto select = database->prepare("SELECT ?");
    (*select)->bind(0, std::int64_t{1});
    ASSERT_EQ((*select)->step(), true);
    (*select)->reset();
    ASSERT_EQ((*select)->step(), true);
    EXPECT_TRUE((*select)->is_null(0));
}

TEST(SqliteDatabase, ReportsErrorsAndGoesOn) {
    const auto database = opened(":memory:");
    EXPECT_FALSE(database->execute("nonsense"));
    EXPECT_FALSE(database->prepare("SELECT * FROM nowhere"));
    ASSERT_TRUE(database->execute("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)"));
    auto insert = database->prepare("INSERT INTO t VALUES (?)");
    (*insert)->bind(0, std::int64_t{1});
    EXPECT_FALSE((*insert)->step());
    (*insert)->reset();
    (*insert)->bind(0, std::int64_t{2});
    EXPECT_TRUE((*insert)->step());
}

class SqliteDatabaseFile : public testing::TestWithParam<Durability> {};

TEST_P(SqliteDatabaseFile, KeepsCommitsAndForgetsRollbacks) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "a.db";
    {
        const auto database = opened(path, GetParam());
        ASSERT_TRUE(database->execute("CREATE TABLE t (a)"));
        ASSERT_TRUE(database->sync());
        ASSERT_TRUE(database->execute("BEGIN IMMEDIATE"));
        ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)"));
        ASSERT_TRUE(database->execute("COMMIT"));
        ASSERT_TRUE(database->sync());
        ASSERT_TRUE(database->sync()) << "nothing to do";
        ASSERT_TRUE(database->execute("BEGIN IMMEDIATE"));
        ASSERT_TRUE(database->execute("INSERT INTO t VALUES (2)"));
        ASSERT_TRUE(database->execute("ROLLBACK"));
    }
    const auto again = opened(path, GetParam());
    auto select = again->prepare("SELECT group_concat(a) FROM t");
    ASSERT_EQ((*select)->step(), true);
    EXPECT_EQ((*select)->text(0), "1");
}

TEST_P(SqliteDatabaseFile, GrowsItsFileFromTheLogNowAndThen) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "a.db";
    const auto database = opened(path, GetParam());
    ASSERT_TRUE(database->execute("CREATE TABLE t (a)"));
    for (int i = 0; i < 40; ++i) {
        ASSERT_TRUE(database->execute("INSERT INTO t VALUES (randomblob(200000))"));
        ASSERT_TRUE(database->sync());
    }
    EXPECT_GT(std::filesystem::file_size(path), 4'000'000u);
    EXPECT_LT(std::filesystem::file_size(path + "-wal"), 6'000'000u);
}

INSTANTIATE_TEST_SUITE_P(EveryDurability, SqliteDatabaseFile,
                         testing::Values(Durability::commit, Durability::on_sync, Durability::never));

TEST(SqliteDatabase, IsForItsOwnerOnly) {
    const TemporaryFolder folder;
    const std::string path = folder.path() / "a.db";
    const auto database = opened(path);
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

}  // namespace
}  // namespace parley::client
