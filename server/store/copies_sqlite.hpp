#pragma once

#include "base/result.hpp"
#include "server/store/sqlite.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

/// What backing up and restoring share: looking into the file of a store that nobody runs on, and moving
/// files so that a crash leaves the old or the new one. A backup is such a file with one table more,
/// kept_secret, whose only row holds the directory's secret.
namespace parley::server::copies {

using sqlite::Connection;
using sqlite::one_number;
using sqlite::Pages;

std::string database_in(const std::string& directory);
std::string secret_in(const std::string& directory);

std::string one_text(Connection& connection, std::string_view sql, Pages pages = Pages::sound);

/// Whether it is a store at all, of this version or an older one; otherwise `invalid`, which calls it `name`.
Status check_kind(Connection& connection, const std::string& name);

struct Look {
    std::int64_t rows = 0;
    std::int64_t bad_rows = 0;
    std::int64_t bad_pages = 0;
    std::int64_t bytes = 0;
};

struct LookOptions {
    /// As people know the file.
    std::string name;
    /// Empty: the system's.
    std::string vfs;
};

/// Reads the whole file: what it is, its structure, the checksums of every row and page. `invalid` where it
/// is no store, or one of a newer version.
Result<Look> look_through(const std::string& file, const LookOptions& options,
                          const std::atomic<bool>& ending);

/// A file for its owner's eyes only, in the place of one that is there.
Status write_private(const std::string& path, std::string_view content);
/// Empty where it cannot be read.
std::string content_of(const std::string& path);

/// What the names of the files end with that SQLite keeps a database in.
inline constexpr std::array database_parts{"", "-wal", "-shm", "-journal"};

/// Renames, and returns when that is on disk.
Status move_into_place(const std::string& from, const std::string& to);
void remove_with_log(const std::string& path);

}  // namespace parley::server::copies
