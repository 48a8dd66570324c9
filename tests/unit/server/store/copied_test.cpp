#include "server/store/backup.hpp"
#include "server/store/copies_sqlite.hpp"
#include "server/store/file_identity.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/vfs_sqlite.hpp"
#include "tests/contract/store_world.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace parley::server::test {

namespace {

/// A store that looks which file it is on, as that of a real process does.
class Copied : public testing::Test {
  protected:
    Copied() {
        auto pattern = (std::filesystem::temp_directory_path() / "parley-copied-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        std::filesystem::create_directory(directory());
        open();
    }
    ~Copied() override {
        store.reset();
        std::filesystem::remove_all(folder);
    }

    std::string directory() const { return folder + "/data"; }
    std::string database() const { return directory() + "/parley.db"; }

    SqliteOptions options() const {
        return {.directory = directory(), .ballast_bytes = 0, .opened_file = [this] {
                    return OpenedFile{file_identity(database()), at};
                }};
    }
    void open() {
        store.reset();
        auto opened = open_sqlite_store(options(), rules, host);
        ASSERT_TRUE(opened) << opened.error().context;
        store = std::move(*opened);
        if (!world) world = std::make_unique<StoreWorld>(*store);
        world->use(*store);
    }
    void close() {
        ASSERT_TRUE(store->close());
        store.reset();
    }

    void keep_copy() {
        close();
        std::filesystem::copy(directory(), folder + "/copy");
        open();
    }
    /// The store is closed then.
    void put_copy_back() {
        close();
        std::filesystem::remove_all(directory());
        std::filesystem::copy(folder + "/copy", directory());
    }

    std::string backup() const {
        auto file = folder + "/backup.db";
        const std::atomic<bool> never{false};
        EXPECT_TRUE(back_up({.directory = directory(), .file = file}, never));
        return file;
    }
    RestoreReport restore_it(const std::string& file) {
        store.reset();
        const auto report = restore({.directory = directory(), .file = file}, host, at);
        EXPECT_TRUE(report) << report.error().context;
        open();
        return report ? *report : RestoreReport{};
    }

    /// By another program, while the store is closed.
    void change(const char* sql) const {
        const auto vfs = *sqlite::GuardedVfs::create("", nullptr);
        const auto connection =
            *sqlite::Connection::open(database(), vfs->name(), sqlite::Access::read_write);
        ASSERT_TRUE(connection->execute(sql)) << sql;
    }

    std::string folder;
    Rules rules{.registration = Registration::open};
    TestHost host;
    WallTime at{1'750'000'000'000};
    std::unique_ptr<Store> store;
    std::unique_ptr<StoreWorld> world;
};

TEST_F(Copied, AStoreThatStaysOnItsFileGoesOn) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    const auto epoch = store->epoch();
    for (int run = 0; run < 3; ++run) {
        ASSERT_TRUE(world->send(ada, group, "x"));
        if (run != 1) close();
        store.reset();
        open();
        EXPECT_FALSE(store->was_copied());
        EXPECT_EQ(store->epoch(), epoch);
    }
}

TEST_F(Copied, AFolderThatIsPutBackBeginsAnEpochBeforeAnythingIsServed) {
    const auto ada = world->person("ada");
    const auto bob = world->person("bob");
    const auto group = world->group(ada, {bob});
    ASSERT_TRUE(world->send(ada, group, "kept"));
    const auto epoch = store->epoch();
    keep_copy();
    const auto lost = world->send(ada, group, "lost")->seq;
    const auto token = resume_part(*world->snapshot(), bob.account, {})->token;
    put_copy_back();
    open();
    EXPECT_TRUE(store->was_copied());
    EXPECT_NE(store->epoch(), epoch);
    EXPECT_EQ(world->state(bob, group).restored_from, 4);
    EXPECT_GT(world->send(ada, group, "new")->seq, lost);
    const auto part = *resume_part(*world->snapshot(), bob.account, token);
    EXPECT_FALSE(part.ahead) << "it is of another epoch by now";
    EXPECT_EQ(part.token.epoch, store->epoch());
    const auto second = store->epoch();
    close();
    open();
    EXPECT_FALSE(store->was_copied()) << "that is its file now";
    EXPECT_EQ(store->epoch(), second);
}

TEST_F(Copied, ARestoreHasBegunItsEpochAlready) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    const auto file = folder + "/backup.db";
    const std::atomic<bool> never{false};
    ASSERT_TRUE(back_up({.directory = directory(), .file = file}, never));
    close();
    const auto report = restore({.directory = directory(), .file = file}, host, at);
    ASSERT_TRUE(report) << report.error().context;
    open();
    EXPECT_FALSE(store->was_copied());
    EXPECT_EQ(store->epoch(), report->epoch);
    EXPECT_EQ(world->state(ada, group).restored_from, 2);
}

TEST_F(Copied, HalfAnEpochIsNoneAndTheNextStartNoticesTheCopyAgain) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    const auto epoch = store->epoch();
    keep_copy();
    const auto lost = world->send(ada, group, "lost")->seq;
    put_copy_back();
    // As a damaged page would, in the middle of it.
    change("CREATE TRIGGER broken BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'broken'); END");
    const auto refused = open_sqlite_store(options(), rules, host);
    ASSERT_FALSE(refused) << "it would give numbers twice";
    EXPECT_THAT(refused.error().context, testing::HasSubstr("parleyd backup"));
    change("DROP TRIGGER broken");
    open();
    EXPECT_TRUE(store->was_copied());
    EXPECT_NE(store->epoch(), epoch);
    EXPECT_GT(world->send(ada, group, "after")->seq, lost);
}

TEST_F(Copied, AFileThatIsRolledBackInItsPlaceBeginsTheNextEpochOnceOneHasBegun) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    close();
    const auto copy = folder + "/copy.db";
    std::filesystem::copy_file(database(), copy);
    const auto identity = file_identity(database());
    std::int64_t epoch = 1;
    std::int64_t given = 0;
    for (int times = 0; times < 3; ++times) {
        open();
        EXPECT_EQ(store->was_copied(), times > 1) << "nothing tells before there is a later epoch";
        auto lost = resume_part(*world->snapshot(), ada.account, {})->token;
        lost.life ^= 1;
        ASSERT_TRUE(
            world->apply(Work{.origin = {.session = {1}, .account = ada.account, .device = ada.device},
                              .command = TokenAhead{lost},
                              .at = at}));
        EXPECT_GT(store->epoch(), epoch);
        epoch = store->epoch();
        EXPECT_GT(world->send(ada, group, "x")->seq, given);
        given = world->head(group);
        close();
        if (times == 0) continue;
        std::filesystem::copy_file(copy, database(), std::filesystem::copy_options::overwrite_existing);
        ASSERT_EQ(file_identity(database()), identity);
    }
}

TEST_F(Copied, ADamagedPageThatKeepsAnEpochFromBeginningIsLeftBehindByABackup) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {}, "title that stands with the counter");
    const auto epoch = store->epoch();
    keep_copy();
    const auto lost = world->send(ada, group, "lost")->seq;
    put_copy_back();
    std::string content = copies::content_of(database());
    const std::string title = "title that stands with the counter";
    ASSERT_NE(content.find(title), std::string::npos);
    for (auto found = content.find(title); found != std::string::npos; found = content.find(title, found))
        content.at(found + 1) = static_cast<char>(content.at(found + 1) ^ 1);
    std::ofstream(database(), std::ios::binary) << content;
    const auto refused = open_sqlite_store(options(), rules, host);
    ASSERT_FALSE(refused) << "it would give numbers twice";
    EXPECT_THAT(refused.error().context, testing::HasSubstr("parleyd backup"));
    const auto file = folder + "/backup.db";
    const auto report = back_up_closed({.directory = directory(), .file = file});
    ASSERT_TRUE(report) << report.error().context;
    EXPECT_GE(report->bad_pages, 1);
    const auto restored = restore({.directory = directory(), .file = file}, host, at);
    ASSERT_TRUE(restored) << restored.error().context;
    open();
    EXPECT_GT(store->epoch(), epoch);
    EXPECT_GT(world->send(ada, group, "after")->seq, lost);
}

TEST_F(Copied, WhatARestoreReplacedAndIsPutBackByHandIsFoundToBeACopy) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    const auto file = backup();
    std::set<std::int64_t> given;
    for (int life = 0; life < 3; ++life) {
        const auto replaced = restore_it(file).replaced;
        ASSERT_TRUE(world->send(ada, group, "x"));
        EXPECT_TRUE(given.insert(world->head(group)).second) << "in life " << life;
        const auto epoch = store->epoch();
        ASSERT_TRUE(store->close());
        store.reset();
        std::filesystem::rename(replaced, database());
        // Once it is used, and once another restore finds it there.
        if (life == 1) continue;
        open();
        EXPECT_TRUE(store->was_copied());
        EXPECT_GT(store->epoch(), epoch);
        ASSERT_TRUE(world->send(ada, group, "x"));
        EXPECT_TRUE(given.insert(world->head(group)).second) << "after life " << life;
    }
    EXPECT_LT(*given.rbegin(), std::int64_t{1} << 52) << "JSON carries it";
}

TEST_F(Copied, AnEpochThatARunningStoreBeganIsRememberedToo) {
    const auto ada = world->person("ada");
    world->group(ada, {});
    const auto file = backup();
    auto lost = resume_part(*world->snapshot(), ada.account, {})->token;
    lost.life ^= 1;
    ASSERT_TRUE(world->apply(Work{.origin = {.session = {1}, .account = ada.account, .device = ada.device},
                                  .command = TokenAhead{lost},
                                  .at = at}));
    const auto epoch = store->epoch();
    ASSERT_GT(epoch, lost.epoch);
    store.reset();
    // Nothing else tells of it: the store is lost, and the clock has gone back.
    for (const auto* suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(database() + suffix);
    at = WallTime{0};
    EXPECT_GT(restore_it(file).epoch, epoch);
}

TEST_F(Copied, AFileIsToldFromItsCopyAndFromWhatTakesItsPlace) {
    const auto path = folder + "/a";
    EXPECT_EQ(file_identity(path), "");
    std::ofstream(path) << "one";
    const auto one = file_identity(path);
    EXPECT_NE(one, "");
    std::ofstream(path, std::ios::app) << "more";
    EXPECT_EQ(file_identity(path), one);
    std::filesystem::rename(path, folder + "/b");
    EXPECT_EQ(file_identity(folder + "/b"), one) << "it is the same under another name";
    std::filesystem::copy(folder + "/b", path);
    EXPECT_NE(file_identity(path), one);
}

TEST_F(Copied, AFileIsToldFromTheNextOneWithItsNumberThoughNobodyKnowsWhenItWasMade) {
    const auto path = folder + "/a";
    EXPECT_EQ(identity_without_birth(path), "");
    std::ofstream(path) << "one";
    const auto one = identity_without_birth(path);
    if (one.find('/') == std::string::npos) GTEST_SKIP() << "this file system gives nothing to tell them by";
    std::ofstream(path, std::ios::app) << "more";
    EXPECT_EQ(identity_without_birth(path), one);
    std::filesystem::rename(path, folder + "/b");
    EXPECT_EQ(identity_without_birth(folder + "/b"), one);
    std::filesystem::remove(folder + "/b");
    std::set<std::string> all{one};
    for (int times = 0; times < 100; ++times) {
        std::ofstream(path) << "another";
        EXPECT_TRUE(all.insert(identity_without_birth(path)).second) << times;
        std::filesystem::remove(path);
    }
}

}  // namespace

}  // namespace parley::server::test
