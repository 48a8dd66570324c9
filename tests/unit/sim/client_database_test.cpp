// The client's database on a disk that fails: what it may still say, and what it keeps.

#include "client/sqlite_database.hpp"
#include "sim/local_reader.hpp"
#include "sim/memory_disk.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace parley::sim {
namespace {

using client::Durability;
using client::SqliteDatabase;

std::unique_ptr<SqliteDatabase> open_on(const DiskProcess& process) {
    auto opened = SqliteDatabase::open("local.db", Durability::on_sync, process.vfs_name());
    return opened ? std::move(*opened) : nullptr;
}

bool add(SqliteDatabase& database, std::int64_t number) {
    return database.execute("INSERT INTO row VALUES (" + std::to_string(number) + ", hex(randomblob(3000)))")
        .has_value();
}

std::set<std::int64_t> numbers_kept_in(SqliteDatabase& database) {
    std::set<std::int64_t> numbers;
    auto statement = database.prepare("SELECT number FROM row");
    while (statement && (*statement)->step().value_or(false))
        numbers.insert((*statement)->integer(0));
    return numbers;
}

std::int64_t log_size(const MemoryDisk& disk) {
    const SharedNode log = disk.find("local.db-wal");
    return log ? log->file.size() : 0;
}

constexpr const char* table = "CREATE TABLE IF NOT EXISTS row (number INTEGER PRIMARY KEY, filler TEXT)";

TEST(ClientDatabase, IsNotUsedAnyMoreAfterASyncThatFailedUnseenInsideACommit) {
    const SqliteChance chance(1);
    MemoryDisk disk("device", Random(1));
    const auto process = disk.start();
    const auto database = open_on(*process);
    ASSERT_NE(database, nullptr);
    ASSERT_TRUE(database->execute(table));
    // The log grows until a commit copies it back by itself; just then the disk fails, and is well again.
    const std::int64_t before = disk.counts().syncs;
    disk.faults().sync_failures = 1000;
    std::int64_t number = 0;
    while (disk.counts().syncs == before && add(*database, ++number)) {
    }
    ASSERT_GT(disk.counts().failed_syncs, 0);
    disk.faults().sync_failures = 0;
    EXPECT_FALSE(database->sync());
    EXPECT_FALSE(add(*database, ++number));
    EXPECT_FALSE(database->prepare("SELECT number FROM row"));
    EXPECT_FALSE(database->sync()) << "it does not come back to life";
}

TEST(ClientDatabase, AStatementMadeBeforeDoesNotGoOnAfterAFailedSync) {
    const SqliteChance chance(1);
    MemoryDisk disk("device", Random(1));
    const auto process = disk.start();
    const auto database = open_on(*process);
    ASSERT_TRUE(database && database->execute(table) && add(*database, 1));
    const auto statement = database->prepare("SELECT number FROM row");
    ASSERT_TRUE(statement);
    disk.faults().sync_failures = 1000;
    ASSERT_FALSE(database->sync());
    disk.faults().sync_failures = 0;
    EXPECT_FALSE((*statement)->step());
}

TEST(ClientDatabase, LosesNothingThatWasSyncedOverManyLivesWithFailingSyncsAndPowerLosses) {
    std::int64_t kept = 0;
    std::int64_t failed = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const SqliteChance chance(seed);
        Random random(seed);
        MemoryDisk disk("device", random.fork("disk"));
        std::set<std::int64_t> synced;
        std::int64_t next = 0;
        for (int life = 0; life < 10; ++life) {
            disk.faults().sync_failures = 0;
            auto process = disk.start();
            auto database = open_on(*process);
            bool usable = database && database->execute(table).has_value();
            const auto found = usable ? numbers_kept_in(*database) : std::set<std::int64_t>{};
            for (const std::int64_t number : synced)
                ASSERT_TRUE(!usable || found.contains(number)) << "seed " << seed << ", life " << life;
            // Each commit is synced, as a host does it. One day the disk fails inside a commit, while the log
            // is copied back, and is well again for the sync; then the power goes.
            const std::int64_t log_bytes = random.between(980, 1000) * 4120;
            const std::int64_t failed_before = disk.counts().failed_syncs;
            while (usable && disk.counts().failed_syncs == failed_before) {
                disk.faults().sync_failures = log_size(disk) > log_bytes ? 700 : 0;
                usable = add(*database, ++next);
                disk.faults().sync_failures = 0;
                usable = usable && database->sync().has_value();
                if (usable) synced.insert(next);
            }
            process->kill();
            database.reset();
            process.reset();
            disk.lose_power();
        }
        kept += static_cast<std::int64_t>(synced.size());
        failed += disk.counts().failed_syncs;
    }
    EXPECT_GT(kept, 10'000);
    EXPECT_GT(failed, 40);
}

/// On the core's own connection what is not committed looks as if it were.
TEST(ClientDatabase, WhoReadsInATransactionThatIsOpenCanTell) {
    MemoryDisk disk("device", Random(1));
    const auto process = disk.start();
    const auto database = open_on(*process);
    ASSERT_NE(database, nullptr);
    LocalReader reader(*database);
    EXPECT_TRUE(reader.all_committed());
    ASSERT_TRUE(database->execute("BEGIN IMMEDIATE"));
    EXPECT_FALSE(reader.all_committed());
    ASSERT_TRUE(database->execute("COMMIT"));
    EXPECT_TRUE(reader.all_committed());
}

}  // namespace
}  // namespace parley::sim
