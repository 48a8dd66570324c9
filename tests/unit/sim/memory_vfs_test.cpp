#include "sim/memory_disk.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <set>
#include <string>

namespace parley::sim {
namespace {

/// A bare connection with a table of numbers.
class Rows {
  public:
    Rows(DiskProcess& process, std::string_view synchronous) {
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        opened_ = sqlite3_open_v2("rows.db", &db_, flags, process.vfs_name().c_str()) == SQLITE_OK &&
                  run("PRAGMA journal_mode=WAL") && run("PRAGMA wal_autocheckpoint=0") &&
                  run("PRAGMA synchronous=" + std::string(synchronous)) &&
                  run("CREATE TABLE IF NOT EXISTS row (number INTEGER PRIMARY KEY, filler TEXT)");
    }
    ~Rows() { sqlite3_close(db_); }
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    bool opened() const { return opened_; }
    bool run(const std::string& sql) {
        return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    }
    bool add(std::int64_t number) {
        return run("INSERT INTO row VALUES (" + std::to_string(number) + ", hex(randomblob(200)))");
    }
    std::set<std::int64_t> numbers() {
        std::set<std::int64_t> all;
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(db_, "SELECT number FROM row", -1, &statement, nullptr);
        while (sqlite3_step(statement) == SQLITE_ROW)
            all.insert(sqlite3_column_int64(statement, 0));
        sqlite3_finalize(statement);
        return all;
    }
    std::string integrity() {
        std::string text;
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(db_, "PRAGMA integrity_check", -1, &statement, nullptr);
        if (sqlite3_step(statement) == SQLITE_ROW) {
            text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
        }
        sqlite3_finalize(statement);
        return text;
    }

  private:
    sqlite3* db_ = nullptr;
    bool opened_ = false;
};

struct Toll {
    std::int64_t acknowledged = 0;
    std::int64_t lost = 0;
    std::int64_t corrupt = 0;
    DiskCounts disk;
};

struct Ordeal {
    std::string synchronous = "FULL";
    DiskFaults faults;
    /// What a service does that does not know our rule: it goes on after a failed sync.
    bool carries_on = false;
    /// What it must do besides: a log whose sync failed may be on the disk only in part, though it reads
    /// whole.
    bool writes_log_again = true;
    int lives = 300;
};

void write_log_again(MemoryDisk& disk, DiskProcess& process) {
    const auto log = disk.find("rows.db-wal");
    if (!log) return;
    Bytes bytes(static_cast<std::size_t>(log->file.size()));
    log->file.read(0, bytes);
    process.write(*log, 0, bytes);
    process.sync(*log);
}

/// Lives of a small service: it starts, checkpoints, adds rows, checkpoints now and then, and dies inside a
/// disk operation, mostly by a power loss.
Toll endure(std::uint64_t seed, const Ordeal& ordeal) {
    SqliteChance chance(seed);
    Random random(seed);
    MemoryDisk disk("service", random.fork("disk"));
    disk.faults() = ordeal.faults;
    Toll toll;
    std::set<std::int64_t> acknowledged;
    std::int64_t next = 0;
    for (int life = 0; life < ordeal.lives; ++life) {
        auto process = disk.start();
        process->kill_at(random.between(1, 120));
        if (!ordeal.carries_on && ordeal.writes_log_again) write_log_again(disk, *process);
        {
            Rows rows(*process, ordeal.synchronous);
            bool ready = rows.opened() && (ordeal.carries_on || rows.run("PRAGMA wal_checkpoint(TRUNCATE)"));
            if (ready) {
                std::set<std::int64_t> found = rows.numbers();
                for (const std::int64_t number : acknowledged)
                    toll.lost += found.contains(number) ? 0 : 1;
                acknowledged = found;
                ready = life % 8 != 0 || rows.integrity() == "ok";
                if (!ready && process->alive()) ++toll.corrupt;
            }
            const std::int64_t failed = disk.counts().failed_syncs;
            for (int round = 0; round < 200 && ready && process->alive(); ++round) {
                if (!ordeal.carries_on && disk.counts().failed_syncs > failed) break;
                if (rows.add(++next)) {
                    acknowledged.insert(next);
                    ++toll.acknowledged;
                }
                if (random.below(20) == 0) rows.run("PRAGMA wal_checkpoint(PASSIVE)");
            }
            process->kill();
        }
        process.reset();
        if (random.below(4) != 0) disk.lose_power();
    }
    toll.disk = disk.counts();
    return toll;
}

TEST(MemoryVfs, FullLosesNoAcknowledgedRowInManyPowerLosses) {
    Toll sum;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const Toll toll = endure(seed, {});
        sum.acknowledged += toll.acknowledged;
        sum.lost += toll.lost;
        sum.corrupt += toll.corrupt;
        sum.disk.sectors_lost += toll.disk.sectors_lost;
        sum.disk.sectors_torn += toll.disk.sectors_torn;
    }
    EXPECT_EQ(sum.lost, 0);
    EXPECT_EQ(sum.corrupt, 0);
    EXPECT_GT(sum.acknowledged, 4'000);
    EXPECT_GT(sum.disk.sectors_lost, 1'000);
    EXPECT_GT(sum.disk.sectors_torn, 100);
}

TEST(MemoryVfs, NormalLosesRowsWhichShowsThatTheTestCanFail) {
    const Toll toll = endure(1, {.synchronous = "NORMAL"});
    EXPECT_GT(toll.lost, 50);
}

TEST(MemoryVfs, ADiskWhoseSyncsLieLosesRowsEvenWithFull) {
    std::int64_t broken = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const Toll toll = endure(seed, {.faults = {.syncs_lie = true}});
        broken += toll.lost + toll.corrupt;
    }
    EXPECT_GT(broken, 50);
}

TEST(MemoryVfs, EndingAtTheFirstFailedSyncLosesNothingAndGoingOnDoes) {
    Toll ending;
    Toll going_on;
    std::int64_t trusting = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Toll toll = endure(seed, {.faults = {.sync_failures = 50}});
        ending.lost += toll.lost;
        ending.corrupt += toll.corrupt;
        ending.disk.failed_syncs += toll.disk.failed_syncs;
        if (going_on.lost == 0) {
            toll = endure(seed, {.faults = {.sync_failures = 50}, .carries_on = true});
            going_on.lost += toll.lost + toll.corrupt;
        }
        if (trusting == 0) {
            toll = endure(seed, {.faults = {.sync_failures = 50}, .writes_log_again = false});
            trusting += toll.lost + toll.corrupt;
        }
    }
    EXPECT_GT(ending.disk.failed_syncs, 100);
    EXPECT_EQ(ending.lost, 0);
    EXPECT_EQ(ending.corrupt, 0);
    EXPECT_GT(going_on.lost, 0);
    EXPECT_GT(trusting, 0) << "the next start trusts a log whose sync failed";
}

TEST(MemoryVfs, AFullDiskRefusesAndRecovers) {
    SqliteChance chance(1);
    MemoryDisk disk("small", Random(1));
    const auto process = disk.start();
    Rows rows(*process, "FULL");
    ASSERT_TRUE(rows.add(1));
    disk.faults().capacity = disk.used() + 20'000;
    std::int64_t number = 1;
    while (rows.add(++number)) {
    }
    EXPECT_GT(disk.counts().full, 0);
    disk.faults().capacity.reset();
    EXPECT_TRUE(rows.add(number));
    EXPECT_EQ(static_cast<std::int64_t>(rows.numbers().size()), number);
}

TEST(MemoryVfs, ReadersSeeTheirSnapshotWhileTheWriterGoesOn) {
    SqliteChance chance(1);
    MemoryDisk disk("shared", Random(1));
    const auto process = disk.start();
    Rows writer(*process, "FULL");
    Rows reader(*process, "FULL");
    ASSERT_TRUE(writer.add(1));
    ASSERT_TRUE(reader.run("BEGIN"));
    EXPECT_EQ(reader.numbers().size(), 1U);
    ASSERT_TRUE(writer.add(2));
    EXPECT_FALSE(writer.run("PRAGMA busy_timeout=10; BEGIN IMMEDIATE; SELECT * FROM missing"));
    EXPECT_EQ(reader.numbers().size(), 1U);
    ASSERT_TRUE(reader.run("COMMIT"));
    EXPECT_EQ(reader.numbers().size(), 2U);
    EXPECT_FALSE(reader.add(3)) << "the writer still holds the write lock";
}

TEST(MemoryVfs, AKilledProcessChangesNothingAnyMoreAndLeavesNoLock) {
    SqliteChance chance(1);
    MemoryDisk disk("shared", Random(1));
    auto first = disk.start();
    auto rows = std::make_unique<Rows>(*first, "FULL");
    ASSERT_TRUE(rows->add(1));
    ASSERT_TRUE(rows->run("BEGIN IMMEDIATE"));
    first->kill();
    EXPECT_FALSE(rows->run("INSERT INTO row VALUES (2, ''); COMMIT"));
    const std::int64_t used = disk.used();
    rows.reset();
    first.reset();
    EXPECT_EQ(disk.used(), used) << "closing a dead connection neither checkpoints nor removes the log";
    const auto second = disk.start();
    Rows again(*second, "FULL");
    EXPECT_EQ(again.numbers(), std::set<std::int64_t>{1});
    EXPECT_TRUE(again.add(2));
}

TEST(MemoryVfs, TheSameSeedWritesTheSameBytes) {
    const auto bytes = [](std::uint64_t seed) {
        SqliteChance chance(seed);
        MemoryDisk disk("repeat", Random(seed));
        const auto process = disk.start();
        Rows rows(*process, "FULL");
        for (int i = 0; i < 20; ++i)
            rows.add(i);
        const SharedNode log = disk.find("rows.db-wal");
        Bytes all(static_cast<std::size_t>(log->file.size()));
        log->file.read(0, all);
        return all;
    };
    EXPECT_EQ(bytes(5), bytes(5));
    EXPECT_NE(bytes(5), bytes(6));
}

}  // namespace
}  // namespace parley::sim
