#pragma once

#include "server/store/sqlite.hpp"

#include <cstdint>

namespace parley::server::test {

/// Counts the steps of SQLite's virtual machine on a connection: what a query costs, the same on every
/// machine.
class SqliteSteps {
  public:
    explicit SqliteSteps(sqlite::Connection& connection);
    ~SqliteSteps();
    SqliteSteps(const SqliteSteps&) = delete;
    SqliteSteps& operator=(const SqliteSteps&) = delete;

    std::int64_t count() const { return count_; }

  private:
    sqlite::Connection& connection_;
    std::int64_t count_ = 0;
};

}  // namespace parley::server::test
