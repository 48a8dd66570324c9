#include "server/store/backup.hpp"

#include "server/store/page_checksum_sqlite.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/sync_folder.hpp"
#include "server/store/vfs_sqlite.hpp"
#include "tests/unit/server/store/backup_world.hpp"

namespace parley::server::test {

namespace {

using copies::content_of;

class Backup : public BackupWorld {};

}  // namespace

TEST_F(Backup, HoldsTheMomentWhileWritingGoesOn) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    ASSERT_TRUE(world->send(ada, group, "before"));
    const auto report = back_up(paths(file), never);
    ASSERT_TRUE(report) << report.error().context;
    EXPECT_EQ(report->rows, 6);
    EXPECT_EQ(report->bad_rows, 0);
    EXPECT_EQ(report->bytes, static_cast<std::int64_t>(std::filesystem::file_size(file)));
    EXPECT_FALSE(std::filesystem::exists(file + ".partial"));
    ASSERT_TRUE(world->send(ada, group, "after"));
    EXPECT_FALSE(back_up_closed(paths(file))) << "this process has it open";
    EXPECT_FALSE(restore(paths(file), host, at));
    restore_it();
    EXPECT_THAT(texts(ada, group), testing::ElementsAre("before"));
    store.reset();
    EXPECT_TRUE(back_up_closed(paths(file)));
}

TEST_F(Backup, HasNothingOfWhatWasDeletedBeforeIt) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    const protocol::Target target{.stream = to_id(group)};
    const auto message = world->work(ada, message_to(group, "the first words"));
    ASSERT_TRUE(world->apply(message));
    const Uuid id = *message.origin.command;
    ASSERT_TRUE(world->apply(world->work(
        ada, protocol::MessageEdit{.target = target, .message = id, .text = "the second words"})));
    ASSERT_TRUE(world->send(ada, group, "words that stay"));
    const auto backup_has = [&](const std::string& words) {
        return content_of(file).find(words) != std::string::npos;
    };
    ASSERT_TRUE(back_up(paths(file), never));
    EXPECT_TRUE(backup_has("the first words") && backup_has("the second words"));
    ASSERT_TRUE(world->apply(world->work(ada, protocol::MessageDelete{.target = target, .message = id})));
    ASSERT_TRUE(back_up(paths(file), never));
    EXPECT_FALSE(backup_has("the first words"));
    EXPECT_FALSE(backup_has("the second words"));
    EXPECT_TRUE(backup_has("words that stay"));
}

TEST_F(Backup, HasAChecksumInEveryPage) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    // More than SQLite keeps in memory before it writes.
    for (int i = 0; i < 400; ++i)
        ASSERT_TRUE(world->send(ada, group, std::string(8'000, 'x')));
    const auto report = back_up(paths(file), never);
    ASSERT_TRUE(report) << report.error().context;
    EXPECT_EQ(report->bad_pages, 0);
    {
        const auto vfs = sqlite::GuardedVfs::create("", nullptr);
        ASSERT_TRUE(vfs);
        const auto copy = sqlite::Connection::open(file, (*vfs)->name(), sqlite::Access::read_only);
        ASSERT_TRUE(copy);
        ASSERT_TRUE((*copy)->execute("SELECT count(*) FROM meta"));
        ASSERT_TRUE((*copy)->pages_protected());
        const auto pages = report->bytes / sqlite::page_bytes;
        for (std::int64_t page = 1; page <= pages; ++page)
            ASSERT_EQ((*copy)->stored_page_fits(page), true) << page;
        EXPECT_FALSE((*copy)->stored_page_fits(pages + 1));
    }
    EXPECT_EQ(report->bad_rows, 0);
    restore_it();
    EXPECT_TRUE(store->check());
    ASSERT_TRUE(world->state(ada, group).last);
    EXPECT_TRUE(world->state(ada, group).last->text.starts_with("xxx"));
}

TEST_F(Backup, OfAStoreWithADamagedPageSaysSo) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    ASSERT_TRUE(world->send(ada, group, "sound"));
    close_and_damage("hash of ada");
    const auto report = back_up_closed(paths(file));
    ASSERT_TRUE(report) << report.error().context;
    EXPECT_EQ(report->bad_rows, 0);
    EXPECT_GE(report->bad_pages, 1);
}

TEST_F(Backup, ReplacesABackupButNothingElse) {
    const auto ada = world->person("ada");
    ASSERT_TRUE(back_up(paths(file), never));
    const auto group = world->group(ada, {});
    const auto again = back_up(paths(file), never);
    ASSERT_TRUE(again) << again.error().context;
    const auto other = directory + "/letter";
    std::ofstream(other) << "Dear Bob";
    EXPECT_FALSE(back_up(paths(other), never));
    EXPECT_EQ(content_of(other), "Dear Bob");
    EXPECT_FALSE(back_up(paths(directory + "/parley.db"), never)) << "the store itself";
    EXPECT_EQ(world->head(group), 2);
}

TEST_F(Backup, ReplacesNoDatabaseOfOthersAndNoStore) {
    world->person("ada");
    const auto theirs = directory + "/theirs";
    {
        const auto connection = sqlite::Connection::open(theirs, "", sqlite::Access::read_write);
        ASSERT_TRUE(connection);
        ASSERT_TRUE((*connection)->execute("CREATE TABLE photos (content BLOB); PRAGMA user_version = 1"));
    }
    // A store that was moved here without its lock, as the folder of another server might be.
    const auto moved = directory + "/moved";
    ASSERT_TRUE(store->close());
    std::filesystem::copy_file(directory + "/parley.db", moved);
    ASSERT_TRUE(back_up(paths(file), never));
    const auto used = directory + "/used";
    std::filesystem::copy_file(file, used);
    std::ofstream(used + "-journal") << "of another program";
    for (const auto& target : {theirs, moved, used}) {
        const std::string before = content_of(target);
        const auto report = back_up(paths(target), never);
        ASSERT_FALSE(report) << target;
        EXPECT_EQ(report.error().code, ErrorCode::invalid);
        EXPECT_THAT(report.error().context, testing::HasSubstr("choose another name"));
        EXPECT_EQ(content_of(target), before) << target;
    }
    std::ofstream(directory + "/empty").close();
    EXPECT_TRUE(back_up(paths(directory + "/empty"), never));
    EXPECT_TRUE(back_up(paths(file), never)) << "one of ours";
}

TEST_F(Backup, IsGivenUpWhenTheProcessEnds) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    for (int number = 0; number < 300; ++number)
        ASSERT_TRUE(world->send(ada, group, "one of many"));
    const std::atomic<bool> ending{true};
    const auto report = back_up(paths(file), ending);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::unavailable) << report.error().context;
    EXPECT_FALSE(std::filesystem::exists(file));
    EXPECT_FALSE(std::filesystem::exists(file + ".partial"));
}

TEST_F(Backup, AFolderThatCannotBeSyncedAtAllIsNoFailure) {
    EXPECT_TRUE(sync_folder(directory));
    EXPECT_TRUE(sync_folder("/proc/self")) << "which answers EINVAL";
    EXPECT_FALSE(sync_folder(directory + "/missing"));
    EXPECT_FALSE(sync_folder("/dev/null")) << "which is none";
}

}  // namespace parley::server::test
