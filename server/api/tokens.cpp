#include "server/api/tokens.hpp"

#include "base/bytes.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <sodium.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace parley::server {

namespace {

using Mac = std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES>;

Mac hmac(std::span<const std::uint8_t> key, std::string_view text) {
    Mac mac{};
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data(), key.size());
    const ByteView bytes = as_bytes(text);
    crypto_auth_hmacsha256_update(&state, bytes.data(), bytes.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    return mac;
}

std::string base64url(ByteView bytes) {
    constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
    text.pop_back();  // the terminating zero
    return text;
}

/// Exactly `out.size()` bytes in their one spelling, or false: libsodium reads the byte 0xff as an
/// underscore.
bool from_base64url(std::string_view text, std::span<std::uint8_t> out) {
    constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::size_t size = 0;
    if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, nullptr,
                          variant) != 0) {
        return false;
    }
    return size == out.size() && base64url(out) == text;
}

void append_number(Bytes& bytes, std::int64_t number) {
    const auto value = static_cast<std::uint64_t>(number);
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::int64_t number_at(ByteView bytes, std::size_t index) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
        value = value << 8 | bytes[8 * index + i];
    return static_cast<std::int64_t>(value);
}

std::string seal(std::string_view prefix, ByteView payload, std::span<const std::uint8_t> key) {
    std::string token{prefix};
    token += base64url(payload);
    const Mac mac = hmac(key, token);
    token += '.';
    token += base64url(mac);
    return token;
}

/// The payload of a token whose MAC fits.
template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> open(std::string_view token, std::string_view prefix,
                                                   std::span<const std::uint8_t> key) {
    const std::size_t dot = token.rfind('.');
    if (dot == std::string_view::npos || dot < prefix.size()) return std::nullopt;
    Mac given{};
    if (!from_base64url(token.substr(dot + 1), given)) return std::nullopt;
    const Mac expected = hmac(key, token.substr(0, dot));
    if (sodium_memcmp(given.data(), expected.data(), expected.size()) != 0) return std::nullopt;
    // The keys are one per kind of token, so a fitting MAC says that the rest is ours; its form is checked
    // anyway.
    if (!token.starts_with(prefix)) return std::nullopt;
    std::array<std::uint8_t, size> payload{};
    if (!from_base64url(token.substr(prefix.size(), dot - prefix.size()), payload)) return std::nullopt;
    return payload;
}

constexpr std::string_view access_prefix = "p1.";
constexpr std::string_view refresh_prefix = "r1.";

/// Of a sync token: 2^72 guesses, each a request, and what is won is an epoch. It goes with many frames.
constexpr std::size_t sync_mac_bytes = 9;
using SyncMac = std::array<std::uint8_t, sync_mac_bytes>;

SyncMac sync_mac(std::span<const std::uint8_t> key, std::string_view numbers, AccountKey account) {
    Bytes bytes;
    append_number(bytes, account.value);
    bytes.insert(bytes.end(), numbers.begin(), numbers.end());
    const Mac whole = hmac(key, as_text(bytes));
    SyncMac mac{};
    std::copy_n(whole.begin(), mac.size(), mac.begin());
    return mac;
}

}  // namespace

std::array<std::uint8_t, 32> derive_key(const RootSecret& root, std::string_view label) {
    static constexpr std::array<std::uint8_t, 32> no_salt{};
    const Mac extracted = hmac(no_salt, as_text(root.bytes));
    std::string info{label};
    info += '\x01';
    return hmac(extracted, info);
}

Tokens::Tokens(const RootSecret& root)
    : access_key_(derive_key(root, "parley access token v1")),
      refresh_key_(derive_key(root, "parley refresh token v1")),
      sync_key_(derive_key(root, "parley sync token v2")) {}

std::string Tokens::make_access(const AccessClaims& claims) const {
    Bytes payload;
    append_number(payload, claims.account.value);
    append_number(payload, claims.device.value);
    append_number(payload, claims.issued.ms);
    append_number(payload, claims.expires.ms);
    return seal(access_prefix, payload, access_key_);
}

Result<AccessClaims> Tokens::check_access(std::string_view token, WallTime now) const {
    const auto payload = open<32>(token, access_prefix, access_key_);
    if (!payload) return fail(ErrorCode::token_invalid, "This access token is not one of this server's.");
    const AccessClaims claims{.account = {number_at(*payload, 0)},
                              .device = {number_at(*payload, 1)},
                              .issued = {number_at(*payload, 2)},
                              .expires = {number_at(*payload, 3)}};
    if (claims.expires <= now)
        return fail(ErrorCode::token_expired, "The access token has ended; refresh it.");
    return claims;
}

std::string Tokens::make_refresh(const RefreshClaims& claims) const {
    Bytes payload;
    append_number(payload, claims.device.value);
    append_number(payload, claims.number);
    return seal(refresh_prefix, payload, refresh_key_);
}

Result<RefreshClaims> Tokens::check_refresh(std::string_view token) const {
    const auto payload = open<16>(token, refresh_prefix, refresh_key_);
    if (!payload) return fail(ErrorCode::token_invalid, "This refresh token is not one of this server's.");
    return RefreshClaims{.device = {number_at(*payload, 0)}, .number = number_at(*payload, 1)};
}

std::string Tokens::make_sync(const SyncToken& token, AccountKey account) const {
    std::string text = to_text(token);
    const SyncMac mac = sync_mac(sync_key_, text, account);
    text += '.';
    text += base64url(mac);
    return text;
}

Result<SyncToken> Tokens::check_sync(std::string_view token, AccountKey account) const {
    if (!token.starts_with("t1.") && !token.starts_with("t2."))
        return fail(Error{ErrorCode::invalid, "This is no sync token.", 0, "token"});
    const std::size_t dot = token.rfind('.');
    SyncMac given{};
    if (!from_base64url(token.substr(dot + 1), given)) return SyncToken{};
    const SyncMac expected = sync_mac(sync_key_, token.substr(0, dot), account);
    if (sodium_memcmp(given.data(), expected.data(), expected.size()) != 0) return SyncToken{};
    return parse_sync_token(token.substr(0, dot)).value_or(SyncToken{});
}

}  // namespace parley::server
