#pragma once

#include "base/uuid.hpp"
#include "core/ports/database.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "sim/memory_disk.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace parley::sim {

/// What a device's database says of these conversations, one line each, for people: the columns as they are.
/// Read with plain SQL from a copy of the disk, past the core's own code.
std::vector<std::string> local_state(const MemoryDisk& disk, const std::vector<StreamId>& streams);

/// What a device holds of one stream, by plain SQL.
struct HeldStream {
    /// `born` to `seq`, of rows that are on the server as far as the device knows.
    std::map<std::int64_t, std::int64_t> rows;
    std::int64_t cursor = 0;
    /// Own read position as the server has told it.
    std::int64_t read = 0;
    /// Where the last jump set the cursor.
    std::int64_t base = 0;
};

/// All that it holds, by stream; the account's own stream under the account's id. Nothing where the database
/// fails.
std::optional<std::map<StreamId, HeldStream>> held_streams(core::Database& database);

/// How many messages of this stream with places in [first, last] it holds; nothing where the database fails.
std::optional<std::int64_t> held_messages(core::Database& database, const StreamId& stream,
                                          std::int64_t first, std::int64_t last);
/// As of when the counts are that it holds of this stream.
std::optional<protocol::AsOf> held_as_of(core::Database& database, const StreamId& stream);
/// Where the last jump of this stream set its cursor.
std::optional<std::int64_t> held_base(core::Database& database, const StreamId& stream);

}  // namespace parley::sim
