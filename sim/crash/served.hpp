#pragma once

#include "server/store/store.hpp"
#include "sim/crash/ledger.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parley::sim::crash {

/// What a store gives to its readers, held against the ledger.
struct Served {
    std::int64_t rows = 0;
    /// Rows that a reader may see and that were left out.
    std::int64_t left_out = 0;
    /// Requests that were answered with an error.
    std::int64_t refused = 0;
    /// What differs from what was told: the first few, one sentence each.
    std::vector<std::string> wrong;
};

/// Reads everything that anybody may read, as devices do: a resume from nothing, `changes` of the own stream
/// and of each conversation, `page` from the newest to the oldest, and what messages said before edits.
/// `rows_at_once`: how many a page has at most.
Served read_all(server::Store& store, const Ledger& ledger, const StoredFile& file,
                std::int64_t rows_at_once);

}  // namespace parley::sim::crash
