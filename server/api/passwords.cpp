#include "server/api/passwords.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <sodium.h>

namespace parley::server {

Result<std::string> hash_password(const std::string& password, const PasswordCost& cost) {
    std::string hash(crypto_pwhash_STRBYTES, '\0');
    if (crypto_pwhash_str(hash.data(), password.data(), password.size(),
                          static_cast<unsigned long long>(cost.passes),
                          static_cast<std::size_t>(cost.memory_kib) * 1024) != 0) {
        return fail(ErrorCode::unavailable, "There is not enough memory to hash a password now.");
    }
    hash.resize(hash.find('\0'));
    return hash;
}

bool password_fits(const std::string& password, const std::string& hash) {
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

void wipe(std::string& secret) {
    sodium_memzero(secret.data(), secret.size());
}

}  // namespace parley::server
