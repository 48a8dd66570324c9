#include "sim/local_reader.hpp"

#include <sqlite3.h>

#include <memory>

namespace parley::sim {

namespace {

struct CloseConnection {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
};
struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// Every column of the row but blobs, as name=value; those that say nothing are left out.
std::string columns_of(sqlite3_stmt& row) {
    std::string line;
    for (int column = 0; column < sqlite3_column_count(&row); ++column) {
        const int type = sqlite3_column_type(&row, column);
        if (type == SQLITE_NULL || type == SQLITE_BLOB) continue;
        const std::string value = reinterpret_cast<const char*>(sqlite3_column_text(&row, column));
        if (value.empty() || value == "0") continue;
        if (!line.empty()) line += ' ';
        line += std::string(sqlite3_column_name(&row, column)) + '=' + value;
    }
    return line;
}

}  // namespace

std::vector<std::string> local_state(const MemoryDisk& disk, const std::vector<StreamId>& streams) {
    std::vector<std::string> lines;
    const auto copy = disk.copy(disk.name() + " looked at");
    const auto process = copy->start();
    sqlite3* handle = nullptr;
    const int opened =
        sqlite3_open_v2("local.db", &handle, SQLITE_OPEN_READWRITE, process->vfs_name().c_str());
    const std::unique_ptr<sqlite3, CloseConnection> connection(handle);
    sqlite3_stmt* prepared = nullptr;
    if (opened == SQLITE_OK)
        sqlite3_prepare_v2(handle, "SELECT * FROM conversation WHERE stream = ?", -1, &prepared, nullptr);
    const std::unique_ptr<sqlite3_stmt, Finalize> query(prepared);
    if (!query) return {disk.name() + ": its database cannot be read"};
    for (const StreamId& stream : streams) {
        const std::string name = stream.text();
        sqlite3_bind_text(query.get(), 1, name.data(), static_cast<int>(name.size()), SQLITE_TRANSIENT);
        if (sqlite3_step(query.get()) == SQLITE_ROW) lines.push_back(disk.name() + ": " + columns_of(*query));
        sqlite3_reset(query.get());
    }
    return lines;
}

}  // namespace parley::sim
