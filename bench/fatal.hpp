#pragma once

#include <string_view>

namespace parley::bench {

/// Ends the program with this sentence: a measurement that cannot be made as it was asked for is not made at
/// all. The servers that it started are ended too (process.hpp).
[[noreturn]] void fatal(std::string_view sentence);

/// The same after a failed system call.
[[noreturn]] void fatal_errno(std::string_view call);

}  // namespace parley::bench
