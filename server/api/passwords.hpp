#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>

namespace parley::server {

struct PasswordCost {
    std::int64_t memory_kib = 65'536;
    std::int64_t passes = 2;
};

/// Argon2id; with the default cost 64 MiB and tens of milliseconds. The hash says its own cost.
Result<std::string> hash_password(const std::string& password, const PasswordCost& cost);
bool password_fits(const std::string& password, const std::string& hash);

/// Overwrites a secret that is no longer needed.
void wipe(std::string& secret);

}  // namespace parley::server
