#pragma once

#include <string>

namespace parley::server {

/// Names the thread that calls it, for `top -H` and profilers; at most 15 characters are kept.
void name_thread(const std::string& name);

}  // namespace parley::server
