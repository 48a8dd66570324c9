#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The latest epoch of the stores of a directory, in a file beside them: it stays where only the store's file
/// is lost, or an earlier one is put back in its place. A file that cannot be written costs no more than
/// that: the tokens of devices still tell.
namespace parley::server {

/// 0: nothing is remembered, or what is there makes no sense.
std::int64_t remembered_epoch(const std::string& directory);

/// What the file says, in the same way.
std::int64_t epoch_in(std::string_view text);
std::string epoch_text(std::int64_t epoch);

/// After the epoch was committed and before any number of it is told: a crash in between costs nothing, since
/// the next start remembers it.
Status remember_epoch(const std::string& directory, std::int64_t epoch);

}  // namespace parley::server
