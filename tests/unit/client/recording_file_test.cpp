#include "client/recording_file.hpp"

#include "client/platform.hpp"
#include "client/sqlite_database.hpp"
#include "core/client.hpp"
#include "core/recorder/flight_recorder.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/support/temporary_folder.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <vector>

namespace {

/// What the next calls of posix_fallocate say instead of doing anything.
std::vector<int> failures_to_come;

}  // namespace

/// Stands before the one of the system, which is called where no failure is to come.
extern "C" int posix_fallocate(int descriptor, off_t offset, off_t length) {
    using Function = int (*)(int, off_t, off_t);
    static const auto of_system = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "posix_fallocate"));
    if (failures_to_come.empty()) return of_system(descriptor, offset, length);
    const int failure = failures_to_come.front();
    failures_to_come.erase(failures_to_come.begin());
    return failure;
}

namespace parley::test {
namespace {

using client::RecordingFile;
using testing::HasSubstr;

/// A core is opened over an empty database, and dropped.
void live(core::Ring& ring) {
    auto database = client::SqliteDatabase::open(":memory:", client::Durability::never);
    ASSERT_TRUE(database);
    client::SystemPrimitives primitives;
    core::FlightRecorder recorder(ring, **database, primitives);
    const auto client = core::Client::open({.recorder = &recorder}, recorder.database(),
                                           recorder.primitives(), client::read_clocks());
    ASSERT_TRUE(client);
    (*client)->connect(client::read_clocks());
}

TEST(RecordingFile, TakesItsWholeRoomAtOnceAndKeepsWhatIsWritten) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "recording";
    EXPECT_EQ(RecordingFile::read(path), std::nullopt);
    for (int life = 1; life <= 3; ++life) {
        const auto file = RecordingFile::open(path);
        ASSERT_TRUE(file) << file.error().context;
        live((*file)->ring());
        EXPECT_EQ(std::filesystem::file_size(path), static_cast<std::uintmax_t>(limits::recording_bytes_max));
        const auto text = RecordingFile::read(path);
        ASSERT_TRUE(text);
        EXPECT_THAT(*text, HasSubstr("\"number\":" + std::to_string(life)));
        EXPECT_THAT(*text, HasSubstr("\"number\":1,"));
    }
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(RecordingFile, HoldsWhatAProcessWroteBeforeItDied) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "recording";
    const pid_t child = ::fork();
    if (child == 0) {
        const auto file = RecordingFile::open(path);
        if (file) live((*file)->ring());
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto text = RecordingFile::read(path);
    ASSERT_TRUE(text);
    EXPECT_THAT(*text, HasSubstr("\"act\":\"connect\""));
    EXPECT_TRUE(text->ends_with("}\n"));
}

TEST(RecordingFile, FailsInAFolderThatIsNotThere) {
    const TemporaryFolder folder;
    const auto file = RecordingFile::open(folder.path() / "none" / "recording");
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error().context, HasSubstr("cannot be opened"));
}

TEST(RecordingFile, ThatIsSomethingElseIsNoRecording) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "recording";
    std::ofstream(path) << "something else";
    EXPECT_EQ(RecordingFile::read(path), std::nullopt);
    const auto file = RecordingFile::open(path);
    ASSERT_TRUE(file);
    live((*file)->ring());
    EXPECT_TRUE(RecordingFile::read(path));
}

TEST(RecordingFile, IsHadThoughASignalInterrupts) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "recording";
    failures_to_come = {EINTR, EINTR};
    const auto file = RecordingFile::open(path);
    ASSERT_TRUE(file) << file.error().context;
    live((*file)->ring());
    EXPECT_TRUE(RecordingFile::read(path));
}

TEST(RecordingFile, ThatIsThereStaysWhereTheDiskRefuses) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "recording";
    live((*RecordingFile::open(path))->ring());
    failures_to_come = {ENOSPC};
    EXPECT_FALSE(RecordingFile::open(path));
    EXPECT_TRUE(RecordingFile::read(path));
    // One that was only begun takes no room away.
    failures_to_come = {ENOSPC};
    EXPECT_FALSE(RecordingFile::open(folder.path() / "other"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "other"));
}

}  // namespace
}  // namespace parley::test
