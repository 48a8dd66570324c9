// Where a backup is made before it has its name, and whose files it leaves alone there.

#include "server/store/backup.hpp"
#include "server/store/copies_sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "tests/contract/store_world.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace parley::server::test {

namespace {

using copies::content_of;

class BackupPlace : public testing::Test {
  protected:
    BackupPlace() {
        auto opened = open_sqlite_store({.directory = directory, .ballast_bytes = 0}, rules, host);
        EXPECT_TRUE(opened);
        store = std::move(*opened);
    }
    ~BackupPlace() override {
        store.reset();
        std::filesystem::remove_all(directory);
    }

    static std::string scratch_directory() {
        auto pattern = (std::filesystem::temp_directory_path() / "parley-backup-XXXXXX").string();
        return ::mkdtemp(pattern.data());
    }

    void expect_in_the_way() {
        const auto report = back_up({.directory = directory, .file = file}, never);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, ErrorCode::invalid);
        EXPECT_THAT(report.error().context, testing::HasSubstr("copy.partial is in the way"));
        EXPECT_THAT(report.error().context, testing::HasSubstr("choose another name"));
        EXPECT_FALSE(std::filesystem::exists(file));
    }

    std::string directory = scratch_directory();
    std::string file = directory + "/copy";
    std::string place = file + ".partial";
    const std::atomic<bool> never{false};
    Rules rules;
    TestHost host;
    std::unique_ptr<Store> store;
};

}  // namespace

TEST_F(BackupPlace, IsClearedOfWhatATryThatWasCutOffHasLeft) {
    std::filesystem::create_directory(place);
    for (const auto* suffix : {"", "-journal"})
        std::ofstream(place + "/unfinished-backup" + suffix) << "half of a copy";
    EXPECT_TRUE(back_up({.directory = directory, .file = file}, never));
    EXPECT_FALSE(std::filesystem::exists(place));
}

TEST_F(BackupPlace, ThatIsEmptyIsClearedWhereATryOfOursHasLeftIt) {
    // Its mode is that of a try which is cut off before it has written anything.
    ASSERT_EQ(::mkdir(place.c_str(), 01700), 0);
    EXPECT_TRUE(back_up({.directory = directory, .file = file}, never));
    EXPECT_FALSE(std::filesystem::exists(place));
}

TEST_F(BackupPlace, ThatIsEmptyStaysWhereItIsSomebodyElses) {
    for (const mode_t mode : {mode_t{0700}, mode_t{0755}, mode_t{01777}}) {
        ASSERT_EQ(::mkdir(place.c_str(), 0700), 0);
        ASSERT_EQ(::chmod(place.c_str(), mode), 0);
        expect_in_the_way();
        EXPECT_TRUE(std::filesystem::is_empty(place)) << mode;
        std::filesystem::remove(place);
    }
}

TEST_F(BackupPlace, ThatCannotBeMadeSaysWhatToDo) {
    const auto said = [&](const std::string& target) {
        const auto report = back_up({.directory = directory, .file = target}, never);
        EXPECT_FALSE(report) << target;
        return report ? std::string() : report.error().context;
    };
    EXPECT_EQ(said(directory + "/none/copy"), "there is no folder for the backup " + directory +
                                                  "/none/copy; make " + directory + "/none first");
    // Nobody may make anything here, not even root.
    EXPECT_EQ(
        said("/proc/copy"),
        "the backup cannot be written to /proc: No such file or directory; choose a folder in which the "
        "server may write");
}

TEST_F(BackupPlace, HasTheModeByWhichItIsKnownAgain) {
    const auto cut_off = [&] {
        const rlimit no_byte{.rlim_cur = 0, .rlim_max = 0};
        ::setrlimit(RLIMIT_FSIZE, &no_byte);
        (void)back_up({.directory = directory, .file = file}, never);
    };
    EXPECT_EXIT(cut_off(), testing::KilledBySignal(SIGXFSZ), "");
    struct stat found{};
    ASSERT_EQ(::lstat(place.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 01700u);
    std::filesystem::remove(place + "/unfinished-backup");
    EXPECT_TRUE(back_up({.directory = directory, .file = file}, never)) << "it was cut off before it began";
    EXPECT_FALSE(std::filesystem::exists(place));
}

TEST_F(BackupPlace, WithAFileOfSomebodyElseStaysAsItIs) {
    std::ofstream(place) << "half of a letter";
    expect_in_the_way();
    EXPECT_EQ(content_of(place), "half of a letter");
}

TEST_F(BackupPlace, WithAFolderOfSomebodyElseStaysAsItIs) {
    std::filesystem::create_directory(place);
    std::ofstream(place + "/unfinished-backup") << "half of a copy";
    std::ofstream(place + "/letter") << "half of a letter";
    expect_in_the_way();
    EXPECT_EQ(content_of(place + "/letter"), "half of a letter");
    EXPECT_EQ(content_of(place + "/unfinished-backup"), "half of a copy");
}

TEST_F(BackupPlace, ThatLeadsElsewhereIsNotFollowed) {
    const auto elsewhere = directory + "/elsewhere";
    std::filesystem::create_directory(elsewhere);
    std::ofstream(elsewhere + "/unfinished-backup") << "of another one";
    std::filesystem::create_directory_symlink(elsewhere, place);
    expect_in_the_way();
    EXPECT_EQ(content_of(elsewhere + "/unfinished-backup"), "of another one");
}

}  // namespace parley::server::test
