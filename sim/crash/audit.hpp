#pragma once

#include "sim/crash/facts.hpp"
#include "sim/memory_disk.hpp"

#include <string>

namespace parley::sim::crash {

/// The store's file on a simulated disk.
inline constexpr auto database = "data/parley.db";

/// What is looked at beside the rows themselves.
struct AuditDepth {
    /// Every counter against a recount.
    bool recount = false;
    /// `PRAGMA integrity_check`.
    bool integrity = false;
};

/// Reads a store's file on a copy of the disk, so that nothing of it is touched: by SQL of its own, none of
/// the store's code. Numbers are always held against the commits that gave them.
StoredFile audit(const MemoryDisk& disk, const std::string& path, AuditDepth depth);

}  // namespace parley::sim::crash
