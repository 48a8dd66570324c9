#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "server/domain/keys.hpp"
#include "server/domain/sync_token.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::server {

/// 32 random bytes that only this server's data directory holds; every key is derived from it, one per
/// purpose.
struct RootSecret {
    std::array<std::uint8_t, 32> bytes{};
};

/// Who may do what until when.
struct AccessClaims {
    AccountKey account;
    DeviceKey device;
    WallTime issued;
    WallTime expires;
};

struct RefreshClaims {
    DeviceKey device;
    std::int64_t number = 0;
};

/// Makes and checks the tokens of this server.
///
///   access:   p1.BASE64URL(account, device, issued, expires: 8 bytes each).BASE64URL(HMAC-SHA256)
///   refresh:  r1.BASE64URL(device, number: 8 bytes each).BASE64URL(HMAC-SHA256)
///   sync:     t2.numbers in base 36, as SyncToken has them.BASE64URL(HMAC-SHA256, the first 9 bytes)
///
/// The MAC is over everything before its dot (of a sync token: and the account), is compared in constant
/// time, and before it fits nothing is parsed. The same numbers make the same token, so that a lost answer
/// can be given again. Immutable: any thread may use it.
class Tokens {
  public:
    explicit Tokens(const RootSecret& root);

    std::string make_access(const AccessClaims& claims) const;
    /// token_invalid, or token_expired.
    Result<AccessClaims> check_access(std::string_view token, WallTime now) const;

    std::string make_refresh(const RefreshClaims& claims) const;
    /// token_invalid.
    Result<RefreshClaims> check_refresh(std::string_view token) const;

    /// For the devices of this account.
    std::string make_sync(const SyncToken& token, AccountKey account) const;
    /// `invalid` where it has not the form of one. One of another server or account, and one of before they
    /// had a MAC, is a token that says nothing.
    Result<SyncToken> check_sync(std::string_view token, AccountKey account) const;

  private:
    using Key = std::array<std::uint8_t, 32>;
    Key access_key_;
    Key refresh_key_;
    Key sync_key_;
};

/// A key for one purpose (HKDF-SHA256, RFC 5869; the label is its `info`).
std::array<std::uint8_t, 32> derive_key(const RootSecret& root, std::string_view label);

}  // namespace parley::server
