#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "server/domain/batch.hpp"

namespace parley::server {

/// A consistent read view of the store, used by one thread; what it reads stays the same until it is dropped. The
/// narrow read interfaces by aggregate hang on it (see rows.hpp, accounts.hpp, conversations.hpp beside this file).
class Snapshot;

/// The engine of the store: synchronous, without threads; whoever pumps it decides when. One engine at a time owns the
/// data; snapshots may be taken and used from other threads.
class Store {
public:
    virtual ~Store() = default;

    /// Decides and writes the works in their order, in one transaction, and syncs. When it returns a batch, that batch
    /// survives power loss. A refusal leaves everything as it was and stands in the batch as its `Replied`. An error
    /// means that nothing was written at all.
    virtual Result<Batch> apply(std::span<const Work> works) = 0;

    /// A view of everything applied so far.
    virtual Result<std::unique_ptr<Snapshot>> snapshot() = 0;

    virtual std::int64_t position() const = 0;
    virtual std::int64_t epoch() const = 0;

    /// Copies log pages into the main file, as far as readers allow it; to be called now and then, and when the log
    /// has grown past its bound.
    virtual Status checkpoint() = 0;
};

}  // namespace parley::server
