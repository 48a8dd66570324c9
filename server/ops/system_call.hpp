#pragma once

#include "base/result.hpp"

#include <string>

namespace parley::server {

/// What the system said of the call that failed last (errno); `what` is what it was about, mostly a path.
std::unexpected<Error> cannot(const std::string& what);

/// Makes a directory that only its owner may read; one that is there is left as it is.
Status make_directory(const std::string& path);

}  // namespace parley::server
