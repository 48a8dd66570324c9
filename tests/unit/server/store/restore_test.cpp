#include "server/store/backup.hpp"
#include "tests/unit/server/store/backup_world.hpp"

#include <set>

namespace parley::server::test {

namespace {

using copies::content_of;

class Restore : public BackupWorld {};

}  // namespace

TEST_F(Restore, ARestoreBeginsAnEpochAndNoNumberComesTwice) {
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

TEST_F(Restore, NoNumberComesTwiceThoughTheReplacedStoreIsLost) {
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

TEST_F(Restore, NoNumberComesTwiceThoughTwoStoresAreLostInOneMinute) {
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

TEST_F(Restore, NoNumberComesTwiceInAStreamThatAnOlderBackupLacks) {
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

TEST_F(Restore, ReplacesAStoreWhoseCountersCannotBeRead) {
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

TEST_F(Restore, ARestoreThatFailsLateLeavesTheStoreAsItWas) {
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

TEST_F(Restore, ARestoreIntoAnEmptyDirectoryMakesAStore) {
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

TEST_F(Restore, KeepsTheSecretForItsOwnerOnly) {
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

TEST_F(Restore, EveryRestoreKeepsWhatItReplaces) {
    ASSERT_TRUE(back_up(paths(file), never));
    const auto first = restore_it().replaced;
    const auto second = restore_it().replaced;
    EXPECT_NE(first, second);
    EXPECT_TRUE(std::filesystem::exists(first));
    EXPECT_TRUE(std::filesystem::exists(second));
}

TEST_F(Restore, ThePlainFileOfAStoreCanBeRestoredWithItsLog) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    ASSERT_TRUE(world->send(ada, group, "in the log"));
    // As a copy of the folder of a process that was killed would look.
    for (const auto* suffix : {"", "-wal"})
        std::filesystem::copy_file(directory + "/parley.db" + suffix, file + suffix);
    EXPECT_FALSE(restore_it().secret);
    EXPECT_THAT(texts(ada, group), testing::ElementsAre("in the log"));
}

TEST_F(Restore, WhatIsNoBackupReplacesNothing) {
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
