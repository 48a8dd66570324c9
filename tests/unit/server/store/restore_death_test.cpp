// A restore that is killed leaves the store that was there or the restored one, wherever it dies.

#include "server/store/file_identity.hpp"
#include "tests/unit/server/store/backup_world.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <utility>

namespace parley::server::test {

namespace {

constexpr int dies = 9;

/// A store that was killed with a log, in which "lost" is, and a backup of before that, which has "kept" and
/// another secret.
class RestoreDies : public BackupWorld {
  protected:
    RestoreDies() {
        std::ofstream(directory + "/secret") << "secret of the backup";
        ada = world->person("ada");
        group = world->group(ada, {});
        EXPECT_TRUE(world->send(ada, group, "kept"));
        EXPECT_TRUE(back_up(paths(file), never));
        std::filesystem::rename(file, backup);
        EXPECT_TRUE(store->close());
        open();
        std::ofstream(directory + "/secret") << "another secret";
        EXPECT_TRUE(world->send(ada, group, "lost"));
        epoch = store->epoch();
        std::filesystem::copy(directory, killed);
        store.reset();
    }
    ~RestoreDies() override { std::filesystem::remove_all(scratch); }

    /// Lets a restore of the killed store die ahead of each of its own steps, and of some of its writes, and
    /// looks each time at what it left.
    template <class Look>
    void die_everywhere(const Look& look) {
        for (const auto kind : {RestoreStep::own, RestoreStep::write}) {
            for (int step = 1; restore_and_die(kind, step); step += kind == RestoreStep::own ? 1 : step) {
                SCOPED_TRACE((kind == RestoreStep::own ? "step " : "write ") + std::to_string(step));
                look();
                store.reset();
            }
        }
    }

    /// False: it came to its end before the n-th step of the kind.
    bool restore_and_die(RestoreStep kind, int left) {
        std::filesystem::remove_all(directory);
        std::filesystem::copy(killed, directory);
        const pid_t process = ::fork();
        if (process == 0) {
            const auto reader = is_read ? reader_of(directory + "/parley.db") : nullptr;
            const auto report = restore(paths(backup), host, at, [&](RestoreStep step) {
                if (step == kind && --left == 0) ::_exit(dies);
            });
            ::_exit(report ? 0 : 1);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(process, &status, 0), process);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_THAT(WEXITSTATUS(status), testing::AnyOf(0, dies));
        return WEXITSTATUS(status) == dies;
    }
    static std::unique_ptr<sqlite::Connection> reader_of(const std::string& database) {
        auto reader = sqlite::Connection::open(database, "", sqlite::Access::read_only);
        if (!reader || !(*reader)->execute("BEGIN; SELECT position FROM meta")) ::_exit(1);
        return std::move(*reader);
    }

    /// Of the stores that restores have replaced: under how many names they are kept, and how many they are.
    std::pair<std::size_t, std::size_t> replaced() const {
        std::size_t names = 0;
        std::set<std::string> files;
        for (const auto& entry : std::filesystem::directory_iterator(directory)) {
            const auto name = entry.path().filename().string();
            if (!name.starts_with("parley.db.replaced") || name.ends_with("-wal")) continue;
            ++names;
            files.insert(file_identity(entry.path().string()));
        }
        return {names, files.size()};
    }

    std::string scratch = scratch_directory();
    std::string backup = scratch + "/backup";
    /// As its process left the folder.
    std::string killed = scratch + "/killed";
    Person ada;
    ConversationKey group;
    std::int64_t epoch = 0;
    /// By another program, while the restore runs.
    bool is_read = false;
};

}  // namespace

TEST_F(RestoreDies, LeavesTheOneStoreOrTheOtherAndIsDoneAgain) {
    int restored_ones = 0;
    int others = 0;
    die_everywhere([&] {
        open();
        const bool restored = store->epoch() > epoch;
        ++(restored ? restored_ones : others);
        if (restored) {
            EXPECT_THAT(texts(ada, group), testing::ElementsAre("kept"));
            EXPECT_EQ(copies::content_of(directory + "/secret"), "secret of the backup");
        } else {
            EXPECT_THAT(texts(ada, group), testing::ElementsAre("kept", "lost"));
        }
        EXPECT_TRUE(store->check());
        ASSERT_TRUE(world->send(ada, group, "in between"));
        const auto given = world->head(group);
        const auto reached = store->epoch();
        restore_it(backup);
        const auto [names, files] = replaced();
        EXPECT_EQ(names, files) << "what was replaced is kept once";
        EXPECT_EQ(files, restored ? 2U : 1U);
        EXPECT_GT(store->epoch(), reached);
        EXPECT_GT(world->head(group), given);
        EXPECT_THAT(texts(ada, group), testing::ElementsAre("kept"));
        EXPECT_EQ(copies::content_of(directory + "/secret"), "secret of the backup");
    });
    EXPECT_EQ(restored_ones, 1);
    EXPECT_GT(others, 10);
}

/// Where the log cannot be copied back it goes before the copy takes the place. What is left without it is a
/// store that was put back, and gives no number again.
TEST_F(RestoreDies, KnowsThatAnEpochIsDueWhereTheLogIsGone) {
    is_read = true;
    int without_log = 0;
    die_everywhere([&] {
        const bool has_log = std::filesystem::exists(directory + "/parley.db-wal");
        without_log += has_log ? 0 : 1;
        EXPECT_TRUE(has_log || std::filesystem::exists(directory + "/parley.db.replaced-wal"));
        open();
        EXPECT_TRUE(has_log || store->epoch() > epoch);
        const auto found = texts(ada, group);
        EXPECT_TRUE(!has_log || found == std::vector<std::string>({"kept", "lost"}));
        const auto given = world->head(group);
        restore_it(backup);
        EXPECT_GT(world->head(group), given);
        EXPECT_THAT(texts(ada, group), testing::ElementsAre("kept"));
    });
    EXPECT_EQ(without_log, 3) << "before the rest of it goes, the copy moves, and once it is there";
}

}  // namespace parley::server::test
