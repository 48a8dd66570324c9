#pragma once

#include "base/result.hpp"

#include <string>

namespace parley::server {

/// Argon2id with libsodium's cost for interactive sign-in: 64 MiB and tens of milliseconds.
Result<std::string> hash_password(const std::string& password);
bool password_fits(const std::string& password, const std::string& hash);

/// Overwrites a secret that is no longer needed.
void wipe(std::string& secret);

}  // namespace parley::server
