#pragma once

#include "base/bytes.hpp"
#include "server/store/rows_sqlite.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace parley::server::sqlite {

/// Where a round of scrubbing stands.
struct ScrubPosition {
    /// By place; then through each index that leads to every row: messages have an id, all others a slot;
    /// then through the pages of the file, whatever they hold.
    enum class Walk { places, ids, slots, pages };

    Walk walk = Walk::places;
    std::int64_t stream = 0;
    /// Of the last row that was looked at: its place, author or slot; or of the last page.
    std::int64_t number = 0;
    Bytes id;

    friend bool operator==(const ScrubPosition&, const ScrubPosition&) = default;
};

/// Verifies rows from two sides, since one alone misses some: a row whose place was damaged is passed over by
/// a walk that is ordered by place, and an index that has lost a row says nothing of it. Every row must fit
/// its checksum and be found through its indexes, and everything in an index must lead to a row that fits it.
class Scrubber {
  public:
    Scrubber(Connection& connection, RowTable& rows, StoreHost& host);

    /// Looks at up to `rows_max` rows or pages behind the position, which moves on; at the end of the round
    /// to its start.
    Scrubbed step(ScrubPosition& position, std::int64_t rows_max);

  private:
    using Walk = ScrubPosition::Walk;

    std::int64_t walk(ScrubPosition& position, std::int64_t rows_max);
    std::int64_t walk_places(ScrubPosition& position, std::int64_t rows_max);
    std::int64_t walk_ids(ScrubPosition& position, std::int64_t rows_max);
    std::int64_t walk_slots(ScrubPosition& position, std::int64_t rows_max);
    std::int64_t walk_pages(ScrubPosition& position, std::int64_t pages_max);
    std::optional<VerifiedRow> verify(std::int64_t stream, std::int64_t born);
    bool is_indexed(const VerifiedRow& row);
    void note_bad_index(std::int64_t stream, std::int64_t born);

    Connection& connection_;
    RowTable& rows_;
    StoreHost& host_;
    std::vector<std::pair<std::int64_t, std::int64_t>> damaged_;
    std::vector<std::int64_t> damaged_pages_;
    Statement places_;
    Statement ids_;
    Statement slots_;
    Statement in_ids_;
    Statement in_slots_;
    Statement in_changed_;
    Statement in_fixed_;
    Statement in_members_;
    Statement in_pinned_;
};

}  // namespace parley::server::sqlite
