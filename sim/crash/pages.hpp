#pragma once

#include "sim/memory_disk.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parley::sim::crash {

/// Bytes of a database's main file.
struct Span {
    std::int64_t offset = 0;
    std::int64_t bytes = 0;
};

/// Where the contents of tables and indexes lie in a SQLite file, and what holds them together (file format,
/// section 1.6, "B-tree Pages").
struct Pages {
    /// The record of each row of the table `row`: all columns with their types, also where it overflows.
    std::vector<Span> rows;
    /// Page headers, cell pointers, links and sizes of the same table.
    std::vector<Span> structure;
    /// Records in the indexes of the table `row`.
    std::vector<Span> indexes;
    /// Records of what messages said before edits.
    std::vector<Span> earlier;
    /// Records of all other tables and their indexes.
    std::vector<Span> others;
    /// The whole file, free space included.
    std::vector<Span> anywhere;
};

/// Of the file in `data/parley.db`, which no process has open and whose log is empty.
Pages pages_of(const MemoryDisk& disk);

}  // namespace parley::sim::crash
