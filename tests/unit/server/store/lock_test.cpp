#include "server/store/directory_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace parley::server::test {

TEST(DirectoryLock, BelongsToOneProcessUntilThatEnds) {
    auto pattern = (std::filesystem::temp_directory_path() / "parley-lock-XXXXXX").string();
    const std::string directory = ::mkdtemp(pattern.data());
    {
        const auto lock = DirectoryLock::take(directory);
        ASSERT_TRUE(lock);
        const auto child = ::fork();
        if (child == 0) ::_exit(DirectoryLock::take(directory) ? 1 : 0);
        int status = 1;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0) << "another process took a lock that is held";
    }
    EXPECT_TRUE(DirectoryLock::take(directory));
    std::filesystem::remove_all(directory);
}

}  // namespace parley::server::test
