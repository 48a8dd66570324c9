#pragma once

#include "server/domain/batch.hpp"
#include "server/domain/work.hpp"

#include <cstddef>

/// About how many bytes of memory something takes while it waits: what the bounds of queues count by, besides
/// the number of things, since a text may be as short as a word or as long as a chapter.
namespace parley::server {

std::size_t weight_of(const Work& work);
/// With what its changes look like on the wire, in both encodings.
std::size_t weight_of(const Batch& batch);

}  // namespace parley::server
