#include "server/store/backup.hpp"

#include "server/store/sqlite_store.hpp"
#include "tests/contract/store_world.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace parley::server::test {

namespace {

std::string scratch_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "parley-backup-XXXXXX").string();
    return ::mkdtemp(pattern.data());
}

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

    RestoreReport restore_it() {
        store.reset();
        const auto report = restore(file, directory, host);
        EXPECT_TRUE(report) << report.error().context;
        open();
        return report ? *report : RestoreReport{};
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
    const auto report = back_up(directory, file);
    ASSERT_TRUE(report) << report.error().context;
    EXPECT_EQ(report->rows, 6);
    EXPECT_EQ(report->bad_rows, 0);
    EXPECT_FALSE(std::filesystem::exists(file + ".partial"));
    ASSERT_TRUE(world->send(ada, group, "after"));
    EXPECT_FALSE(back_up_closed(directory, file)) << "this process has it open";
    EXPECT_FALSE(restore(file, directory, host));
    restore_it();
    EXPECT_THAT(texts(ada, group), testing::ElementsAre("before"));
    store.reset();
    EXPECT_TRUE(back_up_closed(directory, file));
}

TEST_F(Backup, ARestoreBeginsAnEpochAndNoNumberComesTwice) {
    const auto ada = world->person("ada");
    const auto bob = world->person("bob");
    const auto group = world->group(ada, {bob});
    ASSERT_TRUE(world->send(ada, group, "kept"));
    const auto epoch = store->epoch();
    const auto old_token = resume_part(*world->snapshot(), bob.account, {})->token;
    ASSERT_TRUE(back_up(directory, file));
    const auto lost = world->work(ada, message_to(group, "lost"));
    ASSERT_EQ(world->apply(lost)->seq, 5);
    const auto report = restore_it();
    EXPECT_EQ(store->epoch(), report.epoch);
    EXPECT_NE(store->epoch(), epoch);
    EXPECT_EQ(report.conversations, 1);
    EXPECT_TRUE(std::filesystem::exists(report.replaced));
    auto state = world->state(bob, group);
    EXPECT_EQ(state.restored_from, 4);
    EXPECT_EQ(state.head, 5 + limits::restore_jump) << "above what the replaced store had given";
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
    EXPECT_EQ(world->head(group), head + limits::restore_jump);
    EXPECT_NE(store->epoch(), report.epoch);
    EXPECT_EQ(world->state(bob, group).restored_from, 4);
}

TEST_F(Backup, ARestoreIntoAnEmptyDirectoryMakesAStore) {
    const auto ada = world->person("ada");
    ASSERT_TRUE(back_up(directory, file));
    store.reset();
    const auto other = scratch_directory();
    const auto report = restore(file, other, host);
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

TEST_F(Backup, WhatIsNoBackupReplacesNothing) {
    const auto ada = world->person("ada");
    const auto group = world->group(ada, {});
    store.reset();
    EXPECT_FALSE(restore(directory + "/missing", directory, host));
    std::ofstream(file) << std::string(8192, 'x');
    EXPECT_FALSE(restore(file, directory, host));
    open();
    EXPECT_EQ(world->head(group), 2);
}

}  // namespace parley::server::test
