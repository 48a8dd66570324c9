#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "server/domain/batch.hpp"
#include "server/domain/rules.hpp"
#include "server/store/view.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::server {

/// How full the disk is that holds the data.
struct DiskUse {
    std::int64_t bytes_total = 0;
    std::int64_t bytes_free = 0;
};

/// What a slice of scrubbing did.
struct Scrubbed {
    /// Rows that were verified; a round comes to each twice, by its place and by its id or slot.
    std::int64_t rows = 0;
    /// Stream and place of each that was reported to the host.
    std::vector<std::pair<std::int64_t, std::int64_t>> damaged;
    /// Pages that were verified, each once in a round, and those that were reported.
    std::int64_t pages = 0;
    std::vector<std::int64_t> damaged_pages;
    /// Pages that could not be read: what lies behind them was not come to in this round.
    bool unreadable = false;
    /// The next slice begins from the start.
    bool round_ended = false;
};

/// What the store needs of the process around it. Outlives the store; what reports damage may be called from
/// any thread that uses the store, the rest only from the thread that applies.
class StoreHost {
  public:
    virtual ~StoreHost() = default;

    /// A sync failed: what the kernel holds can no longer be trusted. Ends the process at once; in the
    /// simulator, where it returns, the store answers nothing but errors from then on.
    virtual void fatal(std::string_view what) = 0;
    /// A row's content does not fit its checksum, or cannot be read. It is not served. Called each time that
    /// it is met.
    virtual void bad_row(std::int64_t stream, std::int64_t born) = 0;
    /// A row is good where it stands, and an index does not lead to it: readers may miss it. Found by
    /// scrubbing.
    virtual void bad_index(std::int64_t stream, std::int64_t born) = 0;
    /// A page of the file does not fit its checksum. Rows on it that fit theirs are served; nothing else that
    /// stands on it is.
    virtual void bad_page(std::int64_t number) = 0;
    /// Fills with unpredictable bytes (invite codes, the epoch of a restore).
    virtual void random(std::span<std::uint8_t> bytes) = 0;
    virtual DiskUse disk_use() = 0;
};

/// The engine of the store: synchronous, without threads; whoever pumps it decides when. One engine at a time
/// owns the data; snapshots may be taken and used from other threads.
class Store {
  public:
    virtual ~Store() = default;

    /// Decides and writes the works in their order, in one transaction, and syncs. When it returns a batch,
    /// that batch survives power loss. A refusal leaves everything as it was and stands in the batch as its
    /// `Replied`. An error means that nothing was written at all and nobody was answered: `disk_full` (reads
    /// go on; try later), `unavailable`, or `internal`: one of the works cannot be carried out, or the store
    /// is broken.
    virtual Result<Batch> apply(std::span<const Work> works) = 0;
    /// Nothing can be applied any more by this process: a sync failed, or after a work had failed by itself,
    /// the store did not take anything else either.
    virtual bool broken() const = 0;

    /// A view of everything applied so far. Any thread.
    virtual Result<std::unique_ptr<Snapshot>> snapshot() = 0;

    virtual std::int64_t position() const = 0;
    virtual std::int64_t epoch() const = 0;
    /// As of View.
    virtual std::int64_t life() const = 0;

    /// Copies log pages into the main file, as far as readers allow it; to be called now and then. `apply`
    /// calls it by itself when the log has grown past its bound.
    virtual Status checkpoint() = 0;

    /// The start found the data to be a copy, and began a new epoch.
    virtual bool was_copied() const = 0;
    /// The process before this one did not end in order: `check` is owed, in the background.
    virtual bool unclean_start() const = 0;
    /// Looks through the structure of the file; an error says what is broken. Any thread; 0.5 s per million
    /// rows.
    virtual Status check() = 0;
    /// Verifies up to `rows_max` rows from where the last call ended: that each fits its checksum, and that
    /// indexes lead to it and to nothing else; and behind them as many pages of the file. Reports to the host
    /// what does not. Any one thread.
    virtual Result<Scrubbed> scrub(std::int64_t rows_max) = 0;

    /// Marks an end in order. Nothing may be applied afterwards.
    virtual Status close() = 0;
};

}  // namespace parley::server
