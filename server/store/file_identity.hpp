#pragma once

#include <string>

namespace parley::server {

/// Tells a file from every other one that has been or will be at its path, copies of itself included: its
/// number in the file system and, where that knows it, the moment it was made. What is written into it
/// changes nothing. Empty where there is no such file.
std::string file_identity(const std::string& path);

}  // namespace parley::server
