#pragma once

#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "sim/memory_disk.hpp"

#include <string>
#include <vector>

namespace parley::sim {

/// What a device's database says of these conversations, one line each, for people: the columns as they are.
/// Read with plain SQL from a copy of the disk, past the core's own code.
std::vector<std::string> local_state(const MemoryDisk& disk, const std::vector<StreamId>& streams);

}  // namespace parley::sim
