// Deliberate defects, planted from outside: through hooks of SQLite, through the disk, and by standing in for
// two functions of libsodium. So the product holds no switch that could be left on.

#include "sim/crash/defects.hpp"

#include <sodium.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace parley::sim::crash {

namespace {

/// Answers that `PRAGMA synchronous` with a value is not to be carried out.
int keep_synchronous(void*, int action, const char* name, const char* value, const char*, const char*) {
    const bool sets = action == SQLITE_PRAGMA && value != nullptr;
    return sets && std::strcmp(name, "synchronous") == 0 ? SQLITE_IGNORE : SQLITE_OK;
}

/// Called by SQLite for every connection that is opened, before its owner gets it.
int begin_with_normal(sqlite3* connection, char**, const void*) {
    sqlite3_exec(connection, "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr);
    sqlite3_set_authorizer(connection, keep_synchronous, nullptr);
    return SQLITE_OK;
}

void (*hook())() {
    return reinterpret_cast<void (*)()>(begin_with_normal);
}

bool checksums_are_off = false;

}  // namespace

NormalSync::NormalSync(bool planted) {
    if (planted) sqlite3_auto_extension(hook());
}

NormalSync::~NormalSync() {
    sqlite3_cancel_auto_extension(hook());
}

ChecksumsOff::ChecksumsOff(bool off) {
    checksums_are_off = off;
}

ChecksumsOff::~ChecksumsOff() {
    checksums_are_off = false;
}

}  // namespace parley::sim::crash

// libsodium's functions of these names do the same, but for the defect.

extern "C" int crypto_shorthash(unsigned char* out, const unsigned char* in, unsigned long long in_bytes,
                                const unsigned char* key) {
    if (parley::sim::crash::checksums_are_off) {
        std::fill_n(out, crypto_shorthash_BYTES, static_cast<unsigned char>(0));
        return 0;
    }
    return crypto_shorthash_siphash24(out, in, in_bytes, key);
}

extern "C" int crypto_generichash(unsigned char* out, std::size_t out_bytes, const unsigned char* in,
                                  unsigned long long in_bytes, const unsigned char* key,
                                  std::size_t key_bytes) {
    if (parley::sim::crash::checksums_are_off) {
        std::fill_n(out, out_bytes, static_cast<unsigned char>(0));
        return 0;
    }
    return crypto_generichash_blake2b(out, out_bytes, in, in_bytes, key, key_bytes);
}
