#pragma once

#include "server/domain/batch.hpp"
#include "server/domain/work.hpp"

#include <span>
#include <vector>

namespace parley::server {

class Store;

/// Applies all works in one transaction; where that fails as a whole, in halves, so that only what cannot be
/// done at all is answered with the error. Every work is answered in one of the batches, which are in commit
/// order.
std::vector<Batch> apply_each(Store& store, std::span<const Work> works);

}  // namespace parley::server
