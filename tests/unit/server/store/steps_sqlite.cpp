#include "tests/unit/server/store/steps_sqlite.hpp"

#include <sqlite3.h>

namespace parley::server::test {

namespace {

int count_step(void* count) {
    ++*static_cast<std::int64_t*>(count);
    return 0;
}

}  // namespace

SqliteSteps::SqliteSteps(sqlite::Connection& connection) : connection_(connection) {
    sqlite3_progress_handler(connection_.handle(), 1, count_step, &count_);
}

SqliteSteps::~SqliteSteps() {
    sqlite3_progress_handler(connection_.handle(), 0, nullptr, nullptr);
}

}  // namespace parley::server::test
