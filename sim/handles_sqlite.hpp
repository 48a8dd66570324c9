#pragma once

#include <sqlite3.h>

#include <memory>

namespace parley::sim {

struct CloseConnection {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
};
struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// What looks into a database from outside uses SQLite as it is, not what it is to judge.
using RawConnection = std::unique_ptr<sqlite3, CloseConnection>;
using RawStatement = std::unique_ptr<sqlite3_stmt, Finalize>;

}  // namespace parley::sim
