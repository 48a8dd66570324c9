#pragma once

#include "bindings/parley.h"
#include "client/sqlite_database.hpp"

#include <map>
#include <memory>
#include <string>

namespace parley::test {

/// The table of host functions over a SQLite file, as a host in another language would write it. Counts what
/// is open, and can be told to fail.
class SqliteHost {
  public:
    explicit SqliteHost(const std::string& path);

    const parley_host& table() const { return table_; }
    std::size_t open_statements() const { return statements_.size(); }
    /// From now on every COMMIT says this instead of committing.
    void fail_commits_with(std::int32_t result) { commit_result_ = result; }

  private:
    friend struct SqliteHostFunctions;

    parley_host table_{};
    std::unique_ptr<client::SqliteDatabase> database_;
    std::map<std::int32_t, std::unique_ptr<core::Statement>> statements_;
    std::int32_t last_statement_ = 0;
    std::int32_t commit_result_ = 0;
    std::uint8_t last_random_ = 0;
};

}  // namespace parley::test
