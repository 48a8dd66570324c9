#pragma once

#include "base/result.hpp"

#include <string>

namespace parley::server {

/// What was made, renamed or removed in the folder lasts when this returns. Some file systems have nothing to
/// sync of a folder and say so (EINVAL): there it lasts as long as they make it, which is no failure.
Status sync_folder(const std::string& path);

}  // namespace parley::server
