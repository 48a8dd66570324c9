#include "server/store/connections_sqlite.hpp"
#include "server/store/sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

namespace {

using sqlite::one_number;

constexpr std::int64_t synchronous_full = 2;

/// The connections that a store has, to a file of its own.
class Connections : public testing::Test {
  protected:
    Connections() {
        EXPECT_TRUE(on_disk.start());
        StoreWorld world(on_disk.store());
        world.person("ada");
    }

    std::unique_ptr<sqlite::Connection> writer() {
        auto opened = sqlite::open_writer(database, vfs(), log_bytes, sqlite::PageChecksums::on);
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }
    std::unique_ptr<sqlite::Connection> reader() {
        auto opened = sqlite::open_reader(database, vfs());
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }
    const std::string& vfs() { return on_disk.process().vfs_name(); }

    StoreOnDisk on_disk{1};
    std::int64_t log_bytes = 0;
};

}  // namespace

TEST_F(Connections, TheOneThatWritesSyncsEveryCommitAndCopiesNothingBackByItself) {
    const auto connection = writer();
    EXPECT_EQ(one_number(*connection, "PRAGMA synchronous"), synchronous_full);
    EXPECT_EQ(one_number(*connection, "PRAGMA wal_autocheckpoint"), 0);
    EXPECT_EQ(one_number(*connection, "PRAGMA query_only"), 0);
    EXPECT_EQ(one_number(*connection, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

TEST_F(Connections, ThoseThatReadCannotWriteAndCopyNothingBack) {
    const auto connection = reader();
    EXPECT_EQ(one_number(*connection, "PRAGMA query_only"), 1);
    EXPECT_EQ(one_number(*connection, "PRAGMA wal_autocheckpoint"), 0);
    EXPECT_EQ(one_number(*connection, "SELECT count(*) FROM account"), 1);
    const auto written = connection->execute("DELETE FROM account");
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().context, testing::HasSubstr("readonly"));
}

TEST_F(Connections, AStoreSyncsOnceForEachCommitHoweverLongItsLogIs) {
    // What the store itself does, and not only its connections: with its own checkpoints out of the way, each
    // commit is one sync of the log and none of the main file.
    on_disk.options.log_bytes_max = 1 << 30;
    ASSERT_TRUE(on_disk.start());
    StoreWorld world(on_disk.store());
    const auto bob = world.person("bob");
    const auto group = world.group(bob, {});
    constexpr int commits = 2000;
    const auto before = on_disk.disk().counts().syncs;
    const auto file_before = on_disk.disk().find(database)->file.size();
    for (int i = 0; i < commits; ++i)
        ASSERT_TRUE(world.send(bob, group, std::string(100, 'x')));
    EXPECT_EQ(on_disk.disk().counts().syncs - before, commits);
    EXPECT_EQ(on_disk.disk().find(database)->file.size(), file_before);
    // SQLite by itself would have copied it back at 1,000 pages.
    EXPECT_GT(on_disk.disk().find("data/parley.db-wal")->file.size(), 1'100 * 4'096);
}

}  // namespace parley::server::test
