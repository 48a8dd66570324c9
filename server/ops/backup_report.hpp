#pragma once

#include "server/store/backup.hpp"

#include <optional>
#include <string>

namespace parley::server {

/// The sizes of a backup as one line of numbers, for the way through the control socket.
std::string encode_report(const BackupReport& report);
/// Nothing for a line that does not begin with those numbers.
std::optional<BackupReport> decode_report(const std::string& line);

}  // namespace parley::server
