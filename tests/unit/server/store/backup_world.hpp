#pragma once

#include "server/store/backup.hpp"
#include "server/store/copies_sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "tests/contract/store_world.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace parley::server::test {

inline std::string scratch_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "parley-backup-XXXXXX").string();
    return ::mkdtemp(pattern.data());
}

/// A store in a folder of its own, and a person who writes into it.
class BackupWorld : public testing::Test {
  protected:
    BackupWorld() { open(); }
    ~BackupWorld() override {
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
    RestoreReport restore_it() { return restore_it(file); }
    RestoreReport restore_it(const std::string& from) {
        store.reset();
        const auto report = restore(paths(from), host, at);
        EXPECT_TRUE(report) << report.error().context;
        open();
        return report ? *report : RestoreReport{};
    }

    /// Ends the store in order and flips a bit of the text wherever it stands in its file.
    void close_and_damage(const std::string& text) {
        ASSERT_TRUE(store->close());
        store.reset();
        std::string content = copies::content_of(directory + "/parley.db");
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

}  // namespace parley::server::test
