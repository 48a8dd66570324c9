#include "server/store/sqlite.hpp"
#include "server/store/vfs_sqlite.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace parley::server::test {

namespace {

/// The system's VFS, of which every file says that it can do everything, also what no version of SQLite
/// knows.
class PromisingVfs {
  public:
    PromisingVfs() {
        below = sqlite3_vfs_find(nullptr);
        vfs_ = *below;
        vfs_.zName = name;
        vfs_.xOpen = open;
        EXPECT_EQ(sqlite3_vfs_register(&vfs_, 0), SQLITE_OK);
    }
    ~PromisingVfs() { sqlite3_vfs_unregister(&vfs_); }
    PromisingVfs(const PromisingVfs&) = delete;
    PromisingVfs& operator=(const PromisingVfs&) = delete;

    static constexpr const char* name = "promising";

  private:
    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
        const int code = below->xOpen(vfs, path, file, flags, out_flags);
        if (code != SQLITE_OK) return code;
        methods = *file->pMethods;
        methods.xDeviceCharacteristics = [](sqlite3_file*) {
            return -1;
        };
        file->pMethods = &methods;
        return code;
    }

    static inline sqlite3_vfs* below = nullptr;
    static inline sqlite3_io_methods methods;
    sqlite3_vfs vfs_;
};

}  // namespace

TEST(Guard, PassesOnNoPromiseThatItDoesNotKnow) {
    const PromisingVfs promising;
    const auto guard = sqlite::GuardedVfs::create(PromisingVfs::name, nullptr);
    ASSERT_TRUE(guard);
    std::string folder = std::filesystem::temp_directory_path() / "parley-vfs-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    {
        const auto connection =
            sqlite::Connection::open(folder + "/x.db", (*guard)->name(), sqlite::Access::read_write);
        ASSERT_TRUE(connection);
        sqlite3_file* file = nullptr;
        ASSERT_EQ(sqlite3_file_control((*connection)->handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file),
                  SQLITE_OK);
        const int said = file->pMethods->xDeviceCharacteristics(file);
        EXPECT_EQ(said & SQLITE_IOCAP_POWERSAFE_OVERWRITE, SQLITE_IOCAP_POWERSAFE_OVERWRITE);
        // SQLITE_IOCAP_SUBPAGE_READ of 2024, and whatever else comes.
        constexpr int subpage_read = 0x8000;
        EXPECT_EQ(said & subpage_read, 0);
        EXPECT_EQ(said & SQLITE_IOCAP_BATCH_ATOMIC, 0);
        EXPECT_EQ(static_cast<unsigned>(said) >> 15, 0U);
        EXPECT_EQ(file->pMethods->iVersion, 2) << "and it maps no memory";
    }
    std::filesystem::remove_all(folder);
}

}  // namespace parley::server::test
