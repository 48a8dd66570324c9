#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace parley::sim {

/// What came of one number: the text that its work gave, or why the process that did it ended before.
struct Finished {
    std::uint64_t number = 0;
    std::optional<std::string> text;
    /// Where there is no text: "ended by signal 6 (Aborted)".
    std::string end;
};

struct CrewOptions {
    /// So many at once.
    std::size_t jobs = 1;
    /// Work that takes longer than this is ended by a signal; 0: never.
    unsigned seconds_max = 300;
    std::function<std::string(std::uint64_t number)> work;
    /// Called in the order of the numbers.
    std::function<void(Finished)> finished;
};

/// Does the work for first, first + 1 … while `more` says so, in processes of their own that do one number
/// after the other: memory that a process has need not be cleared for the next. Work must leave nothing in
/// memory that changes what comes of the next. Where a process dies (an assert, an endless loop), its number
/// is done once more in a fresh one, and what becomes of that one is told. The caller has no other threads.
void run_crew(const CrewOptions& options, std::uint64_t first,
              const std::function<bool(std::uint64_t next)>& more);

/// One piece of work in a process of its own.
Finished run_apart(const std::function<std::string()>& work, unsigned seconds_max);

}  // namespace parley::sim
