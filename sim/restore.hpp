#pragma once

#include "base/time.hpp"
#include "sim/memory_disk.hpp"
#include "sim/random.hpp"

#include <cstdint>
#include <optional>

namespace parley::sim {

/// Ahead of which of its steps a restore is killed: the n-th of its writes into databases, or of all others
/// (1: the first).
struct RestoreDeath {
    int write = 0;
    int own = 0;
};

/// How a restore ends.
enum class RestoreEnd : std::uint8_t {
    /// The store is that of the backup.
    done,
    /// It was killed, and the store is the one before.
    undone,
    /// It was killed, and there is neither the one nor the other.
    broken,
    /// It would not, and the disk is as it was.
    refused,
};

/// `parleyd restore` on a disk that no process uses: the real one, on files in a folder of this machine,
/// which is gone afterwards. Both disks have the store in `data/parley.db`.
RestoreEnd restore_store(MemoryDisk& disk, const MemoryDisk& backup, Random random, WallTime now,
                         std::optional<RestoreDeath> death = {});

}  // namespace parley::sim
