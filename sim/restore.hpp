#pragma once

#include "base/time.hpp"
#include "sim/memory_disk.hpp"
#include "sim/random.hpp"

namespace parley::sim {

/// `parleyd restore` on a disk that no process uses: the real one, on files in a folder of this machine,
/// which is gone afterwards. Both disks have the store in `data/parley.db`. False: it refused, and the disk
/// is as it was.
bool restore_store(MemoryDisk& disk, const MemoryDisk& backup, Random random, WallTime now);

}  // namespace parley::sim
