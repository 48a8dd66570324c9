#include "server/store/backup.hpp"
#include "server/store/file_identity.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/vfs_sqlite.hpp"
#include "tests/contract/store_world.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

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
    close();
    std::filesystem::copy(directory(), folder + "/copy");
    open();
    const auto lost = world->send(ada, group, "lost")->seq;
    const auto token = resume_part(*world->snapshot(), bob.account, {})->token;
    close();
    std::filesystem::remove_all(directory());
    std::filesystem::copy(folder + "/copy", directory());
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
    ASSERT_TRUE(back_up(directory(), file, never));
    close();
    const auto report = restore(file, directory(), host, at);
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
    close();
    std::filesystem::copy(directory(), folder + "/copy");
    open();
    const auto lost = world->send(ada, group, "lost")->seq;
    close();
    std::filesystem::remove_all(directory());
    std::filesystem::copy(folder + "/copy", directory());
    // As a damaged page would, in the middle of it.
    change("CREATE TRIGGER broken BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'broken'); END");
    EXPECT_FALSE(open_sqlite_store(options(), rules, host)) << "it would give numbers twice";
    change("DROP TRIGGER broken");
    open();
    EXPECT_TRUE(store->was_copied());
    EXPECT_NE(store->epoch(), epoch);
    EXPECT_GT(world->send(ada, group, "after")->seq, lost);
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

}  // namespace

}  // namespace parley::server::test
