#pragma once

#include "base/result.hpp"
#include "server/domain/batch.hpp"
#include "server/domain/work.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace parley::server {

class Store;

/// What `apply_each` tells, in commit order.
struct ApplyEach {
    /// The next so many of the works, decided in one transaction; each work is answered in exactly one batch.
    std::function<void(Batch batch, std::size_t works)> applied;
    /// So many works, mostly one, could not be carried out for this reason; the batch answers them with it.
    std::function<void(Batch batch, const Error& why)> failed;
};

/// What a transaction that failed as a whole has to say: nothing was written, everybody who waits hears this
/// error, and acks come back. `position`: the store's.
Batch refused(std::int64_t position, std::span<const Work> works, const Error& error);

/// Applies all works in one transaction; where that fails as a whole, in halves, so that only what cannot be
/// carried out at all is answered with the error. A store that is broken is asked no further: all works that
/// are left are answered with its error.
void apply_each(Store& store, std::span<const Work> works, const ApplyEach& tell);

}  // namespace parley::server
