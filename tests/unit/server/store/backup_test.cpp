#include "server/store/backup.hpp"

#include "server/store/copies_sqlite.hpp"
#include "server/store/page_checksum_sqlite.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/sync_folder.hpp"
#include "server/store/vfs_sqlite.hpp"
#include "tests/contract/store_world.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace parley::server::test {

namespace {

std::string scratch_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "parley-backup-XXXXXX").string();
    return ::mkdtemp(pattern.data());
}

using copies::content_of;

class Backup : public testing::Test {
  protected:
    Backup() { open(); }
    ~Backup() override {
        store.reset();
        std::filesystem::remove_all(directory);
    }

    void open() {
        store.reset();
        auto opened = open_sqlite_store({.directory = directory, .ballast_bytes = 0}, rules, host);
        ASSERT_TRUE(opened) << opened.error().context;
        store = std::move(*opened);
        if (!world) world = std::make_unique<StoreWorld>(*store);
        world->use(*store);
    }
    BackupPaths paths(const std::string& to) const { return {.directory = directory, .file = to}; }
    RestoreReport restore_it() {
        store.reset();
        const auto report = restore(paths(file), host, at);
        EXPECT_TRUE(report) << report.error().context;
        open();
        return report ? *report : RestoreReport{};
    }

    /// Ends the store in order and flips a bit of the text wherever it stands in its file.
    void close_and_damage(const std::string& text) {
        ASSERT_TRUE(store->close());
        store.reset();
        std::string content = content_of(directory + "/parley.db");
        ASSERT_NE(content.find(text), std::string::npos);
        for (auto found = content.find(text); found != std::string::npos; found = content.find(text, found))
            content.at(found + 5) = static_cast<char>(content.at(found + 5) ^ 1);
        std::ofstream(directory + "/parley.db", std::ios::binary) << content;
    }

    std::vector<std::string> texts(const Person& reader, ConversationKey in) {
        std::vector<std::string> found;
        for (const auto& row : world->all_changes(reader, in)) {
            if (const auto* message = std::get_if<protocol::MessageNew>(&row.payload))
                found.push_back(message->text);
        }
        return found;
    }

    std::string directory = scratch_directory();
    std::string file = directory + "/copy";
    const std::atomic<bool> never{false};
    WallTime at{1'790'000'000'000};
    Rules rules{.registration = Registration::open};
    TestHost host;
    std::unique_ptr<Store> store;
    std::unique_ptr<StoreWorld> world;
};

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

TEST_F(Backup, ARestoreBeginsAnEpochAndNoNumberComesTwice) {
    const auto ada = world->person("ada");
    const auto bob = world->person("bob");
    const auto group = world->group(ada, {bob});
    ASSERT_TRUE(world->send(ada, group, "kept"));
    const auto epoch = store->epoch();
    const auto old_token = resume_part(*world->snapshot(), bob.account, {})->token;
    ASSERT_TRUE(back_up(paths(file), never));
    const auto lost = world->work(ada, message_to(group, "lost"));
    ASSERT_EQ(world->apply(lost)->seq, 5);
    const auto report = restore_it();
    EXPECT_EQ(store->epoch(), report.epoch);
    EXPECT_GT(store->epoch(), epoch);
    EXPECT_EQ(report.conversations, 1);
    EXPECT_TRUE(std::filesystem::exists(report.replaced));
    auto state = world->state(bob, group);
    EXPECT_EQ(state.restored_from, 4);
    EXPECT_EQ(state.head, 4 + store->epoch() * limits::restore_jump) << "by whole jumps";
    EXPECT_EQ(state.unread, 1);
    // A token of the life before owes everything.
    const auto part = *resume_part(*world->snapshot(), bob.account, old_token);
    EXPECT_EQ(part.token.epoch, report.epoch);
    EXPECT_EQ(part.envelopes.size(), 4u);
    // What was lost is sent again with its id, and accepted anew.
    EXPECT_EQ(world->apply(lost)->seq, state.head + 1);
    EXPECT_THAT(texts(bob, group), testing::ElementsAre("kept", "lost"));
    // The same backup once more: still nothing comes twice.
    const auto head = world->head(group);
    restore_it();
    EXPECT_EQ(world->head(group), 4 + store->epoch() * limits::restore_jump);
    EXPECT_GT(world->head(group), head);
    EXPECT_GT(store->epoch(), report.epoch);
    state = world->state(bob, group);
    EXPECT_EQ(state.restored_from, 4);
}

TEST_F(Backup, NoNumberComesTwiceThoughTheReplacedStoreIsLost) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    ASSERT_TRUE(back_up(paths(file), never));
    restore_it();
    ASSERT_TRUE(world->send(ada, group, "in a life whose store is lost"));
    const auto given = world->head(group);
    store.reset();
    for (const auto* suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(directory + "/parley.db" + suffix);
    at.ms += 1000;
    restore_it();
    EXPECT_GT(world->head(group), given);
    EXPECT_LT(world->head(group), std::int64_t{1} << 52) << "JSON carries it";
}

TEST_F(Backup, NoNumberComesTwiceThoughTwoStoresAreLostInOneMinute) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    ASSERT_TRUE(back_up(paths(file), never));
    std::set<std::int64_t> given;
    for (int life = 0; life < 4; ++life) {
        store.reset();
        for (const auto* suffix : {"", "-wal", "-shm"})
            std::filesystem::remove(directory + "/parley.db" + suffix);
        at.ms += 1'000;
        restore_it();
        for (int i = 0; i < 3; ++i) {
            ASSERT_TRUE(world->send(ada, group, "in a life that is lost"));
            EXPECT_TRUE(given.insert(world->head(group)).second) << "in life " << life;
        }
    }
    EXPECT_LT(world->head(group), std::int64_t{1} << 52) << "JSON carries it";
}

TEST_F(Backup, NoNumberComesTwiceInAStreamThatAnOlderBackupLacks) {
    const auto ada = world->person("ada");
    const auto older = directory + "/older";
    ASSERT_TRUE(back_up(paths(older), never));
    const auto group = world->group(ada, {});
    ASSERT_TRUE(back_up(paths(file), never));
    std::set<std::int64_t> given;
    for (int life = 0; life < 3; ++life) {
        restore_it();
        ASSERT_TRUE(world->send(ada, group, "x"));
        EXPECT_TRUE(given.insert(world->head(group)).second) << "in life " << life;
        store.reset();
        ASSERT_TRUE(restore(paths(older), host, at));
        open();
    }
}

TEST_F(Backup, ReplacesAStoreWhoseCountersCannotBeRead) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {}, "title that stands with the counter");
    ASSERT_TRUE(back_up(paths(file), never));
    for (const auto* text : {"title that stands with the counter", "hash of ada"}) {
        ASSERT_TRUE(world->send(ada, group, "after the backup"));
        const auto given = world->head(group);
        const auto epoch = store->epoch();
        close_and_damage(text);
        at.ms += 3'600'000;
        const auto report = restore_it();
        ASSERT_NE(report.epoch, 0);
        EXPECT_EQ(store->epoch(), report.epoch);
        EXPECT_NE(store->epoch(), epoch);
        EXPECT_GT(world->head(group), given);
        constexpr std::int64_t year_2020_s = 1'577'836'800;
        EXPECT_GT(world->head(group), (at.ms / 1'000 - year_2020_s) << 20) << "as where the store is lost";
        EXPECT_TRUE(std::filesystem::exists(report.replaced));
        EXPECT_THAT(texts(ada, group), testing::IsEmpty());
        EXPECT_TRUE(store->check());
    }
}

TEST_F(Backup, ARestoreThatFailsLateLeavesTheStoreAsItWas) {
    const auto secret = directory + "/secret";
    std::ofstream(secret) << "sixteen and more";
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    ASSERT_TRUE(back_up(paths(file), never));
    ASSERT_TRUE(world->send(ada, group, "after the backup"));
    store.reset();
    std::ofstream(secret) << "another one";
    // The secret of the backup cannot be put into place.
    std::filesystem::create_directories(secret + ".restoring/taken");
    EXPECT_FALSE(restore(paths(file), host, at));
    EXPECT_FALSE(std::filesystem::exists(directory + "/parley.db.replaced"));
    open();
    EXPECT_THAT(texts(ada, group), testing::ElementsAre("after the backup"));
}

TEST_F(Backup, ARestoreIntoAnEmptyDirectoryMakesAStore) {
    const auto ada = world->person("ada");
    ASSERT_TRUE(back_up(paths(file), never));
    store.reset();
    const auto other = scratch_directory();
    const auto report = restore({.directory = other, .file = file}, host, at);
    ASSERT_TRUE(report) << report.error().context;
    EXPECT_EQ(report->replaced, "");
    auto opened = open_sqlite_store({.directory = other, .ballast_bytes = 0}, rules, host);
    ASSERT_TRUE(opened);
    EXPECT_FALSE((*opened)->unclean_start());
    world->use(**opened);
    EXPECT_EQ(password_facts(*world->snapshot(), "ada")->value().account, ada.account);
    opened->reset();
    std::filesystem::remove_all(other);
}

TEST_F(Backup, KeepsTheSecretForItsOwnerOnly) {
    const auto secret = directory + "/secret";
    std::ofstream(secret) << "sixteen and more";
    ASSERT_TRUE(back_up(paths(file), never));
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::ofstream(secret) << "another one";
    EXPECT_TRUE(restore_it().secret);
    EXPECT_EQ(content_of(secret), "sixteen and more");
    // The store itself does not hold it.
    store.reset();
    EXPECT_EQ(content_of(directory + "/parley.db").find("sixteen and more"), std::string::npos);
}

TEST_F(Backup, EveryRestoreKeepsWhatItReplaces) {
    ASSERT_TRUE(back_up(paths(file), never));
    const auto first = restore_it().replaced;
    const auto second = restore_it().replaced;
    EXPECT_NE(first, second);
    EXPECT_TRUE(std::filesystem::exists(first));
    EXPECT_TRUE(std::filesystem::exists(second));
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

TEST_F(Backup, ThePlainFileOfAStoreCanBeRestoredWithItsLog) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    ASSERT_TRUE(world->send(ada, group, "in the log"));
    // As a copy of the folder of a process that was killed would look.
    for (const auto* suffix : {"", "-wal"})
        std::filesystem::copy_file(directory + "/parley.db" + suffix, file + suffix);
    EXPECT_FALSE(restore_it().secret);
    EXPECT_THAT(texts(ada, group), testing::ElementsAre("in the log"));
}

TEST_F(Backup, AFolderThatCannotBeSyncedAtAllIsNoFailure) {
    EXPECT_TRUE(sync_folder(directory));
    EXPECT_TRUE(sync_folder("/proc/self")) << "which answers EINVAL";
    EXPECT_FALSE(sync_folder(directory + "/missing"));
    EXPECT_FALSE(sync_folder("/dev/null")) << "which is none";
}

TEST_F(Backup, WhatIsNoBackupReplacesNothing) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    store.reset();
    EXPECT_FALSE(restore(paths(directory + "/missing"), host, at));
    std::ofstream(file) << std::string(8192, 'x');
    const auto report = restore(paths(file), host, at);
    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().context, testing::HasSubstr("no backup of Parley"));
    EXPECT_FALSE(restore(paths(directory + "/parley.db"), host, at)) << "the store itself";
    EXPECT_FALSE(std::filesystem::exists(directory + "/parley.db.restoring"));
    open();
    EXPECT_EQ(world->head(group), 2);
}

}  // namespace parley::server::test
