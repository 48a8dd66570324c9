#pragma once

#include "base/result.hpp"
#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "sim/memory_disk.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace parley::sim {

/// A row as it lies in the server's store.
struct StoredRow {
    StreamId stream;
    /// Of a message.
    std::optional<AccountId> author;
    protocol::Change change;
};

struct StoredRows {
    std::vector<StoredRow> rows;
    std::int64_t epoch = 0;
    /// Of its latest commit.
    std::int64_t position = 0;
    /// Latest number of each stream.
    std::map<StreamId, std::int64_t> heads;
    /// How far each member has said that his devices are.
    std::map<std::pair<AccountId, StreamId>, std::int64_t> delivered;
    /// Of direct conversations: which places whom may see, from the first to the last (nothing: to the end).
    std::map<std::pair<StreamId, AccountId>,
             std::vector<std::pair<std::int64_t, std::optional<std::int64_t>>>>
        seen_in_direct;
    std::map<StreamId, std::map<std::int64_t, const protocol::Change*>> by_born() const;
};

/// Reads the store's tables with plain SQL from a copy of its disk, past all of the product's own code but
/// the decoding of bodies. Nothing where the file does not open, is damaged, or holds what cannot be decoded.
std::optional<StoredRows> read_store(const MemoryDisk& disk);

}  // namespace parley::sim
