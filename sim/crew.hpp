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

/// Does the work for first, first + 1 … while `more` says so, each number in a process of its own: one seed
/// leaves nothing in memory that another could see, and a process that dies (an assert, an endless loop) is
/// told as what came of its number. The caller has no other threads.
void run_crew(const CrewOptions& options, std::uint64_t first,
              const std::function<bool(std::uint64_t next)>& more);

/// One piece of work in a process of its own.
Finished run_apart(const std::function<std::string()>& work, unsigned seconds_max);

}  // namespace parley::sim
