#pragma once

#include "base/result.hpp"
#include "server/api/tokens.hpp"

#include <string>

namespace parley::server {

/// The root secret of a data directory; made at the first start, readable by its owner only.
Result<RootSecret> load_root_secret(const std::string& directory);

}  // namespace parley::server
