#pragma once

#include "base/result.hpp"

#include <string>

namespace parley::server {

/// What the system said of the call that failed last (errno); `what` is what it was about, mostly a path.
std::unexpected<Error> cannot(const std::string& what);

/// Makes the folder for the data, which only its owner may read. One that is there is left as it is, if this
/// user may write to it.
Status make_data_folder(const std::string& path);

}  // namespace parley::server
