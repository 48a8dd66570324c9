#include "server/api/rate_limits.hpp"

#include <sodium.h>

#include <algorithm>
#include <cassert>

namespace parley::server {

namespace {

/// Of each kind, about 100 bytes each. Who would have one forgotten has to name so many others first, and is
/// held back himself meanwhile, address by address.
constexpr std::size_t buckets_max = 100'000;
constexpr std::size_t familiar_max = 100'000;
constexpr Duration familiar_for = seconds(std::int64_t{30} * 24 * 3'600);

}  // namespace

RateLimits::Buckets::Buckets(Rate chosen) : rate(chosen), recent(buckets_max) {}

std::int64_t RateLimits::Buckets::level(std::uint64_t key, Instant now) {
    const Bucket* bucket = recent.find(key);
    if (bucket == nullptr) return rate.full;
    return std::min(rate.full, bucket->level + (now - bucket->at).ms * rate.per_ms);
}

Duration RateLimits::Buckets::wait(std::uint64_t key, Instant now, std::int64_t count) {
    const std::int64_t missing = units(count) - level(key, now);
    return missing <= 0 ? Duration{} : milliseconds((missing + rate.per_ms - 1) / rate.per_ms);
}

void RateLimits::Buckets::take(std::uint64_t key, Instant now, std::int64_t count) {
    const std::int64_t left = level(key, now) - units(count);
    assert(left >= 0);
    recent.put(key, {.level = left, .at = now});
}

void RateLimits::Buckets::give_back(std::uint64_t key) {
    if (Bucket* bucket = recent.find(key)) bucket->level = std::min(rate.full, bucket->level + rate.unit);
}

/// One is as many units as milliseconds pass between two.
RateLimits::Rate RateLimits::rate_of(const Allowance& allowance) {
    return {.unit = allowance.retry.ms, .full = allowance.burst * allowance.retry.ms, .per_ms = 1};
}

/// One is 1000 units, so that a rate of n a second is n units a millisecond.
RateLimits::Rate RateLimits::rate_of(std::int64_t per_second, std::int64_t burst) {
    return {.unit = 1'000, .full = burst * 1'000, .per_ms = per_second};
}

RateLimits::RateLimits(RateOptions options)
    : messages_(rate_of(options.messages_per_second, options.messages_burst)),
      passwords_(rate_of(options.passwords)),
      passwords_of_address_(rate_of(options.passwords_of_address)),
      passwords_of_account_(rate_of(options.passwords_of_account)),
      accounts_(rate_of(options.accounts)),
      links_(rate_of(options.links)),
      // One word, and that it has stopped.
      typing_(rate_of(Allowance{.burst = 2, .retry = milliseconds(limits::typing_ms_min)})),
      calls_(rate_of(options.calls_per_second, options.calls_burst)),
      familiar_(familiar_max) {
    static_assert(std::tuple_size_v<decltype(hash_key_)> == crypto_shorthash_KEYBYTES);
    crypto_shorthash_keygen(hash_key_.data());
}

std::size_t RateLimits::size() const {
    const std::lock_guard lock(mutex_);
    return messages_.recent.size() + passwords_.recent.size() + passwords_of_address_.recent.size() +
           passwords_of_account_.recent.size() + accounts_.recent.size() + links_.recent.size() +
           typing_.recent.size() + calls_.recent.size() + familiar_.size();
}

/// SipHash: of 100,000 no two fall together, and nobody can choose two that do.
std::uint64_t RateLimits::hashed(std::string_view text) const {
    std::array<std::uint8_t, crypto_shorthash_BYTES> hash{};
    crypto_shorthash(hash.data(), reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                     hash_key_.data());
    std::uint64_t number = 0;
    for (const std::uint8_t byte : hash)
        number = number << 8 | byte;
    return number;
}

std::uint64_t RateLimits::pair_of(const PasswordTry& attempt) const {
    return hashed(std::to_string(attempt.address.size()) + ' ' + attempt.address + attempt.handle);
}

std::uint64_t RateLimits::familiar_of(AccountKey account, std::string_view address) const {
    return hashed(std::to_string(account.value) + ' ' + std::string(address));
}

std::optional<Duration> RateLimits::take_message(AccountKey account, Instant now, std::int64_t cost) {
    const auto key = static_cast<std::uint64_t>(account.value);
    const std::lock_guard lock(mutex_);
    if (const Duration wait = messages_.wait(key, now, cost); wait > Duration{}) return wait;
    messages_.take(key, now, cost);
    return std::nullopt;
}

std::optional<Duration> RateLimits::take_link_try(AccountKey account, Instant now) {
    const auto key = static_cast<std::uint64_t>(account.value);
    const std::lock_guard lock(mutex_);
    if (const Duration wait = links_.wait(key, now); wait > Duration{}) return wait;
    links_.take(key, now);
    return std::nullopt;
}

bool RateLimits::take_typing(AccountKey account, Instant now) {
    const auto key = static_cast<std::uint64_t>(account.value);
    const std::lock_guard lock(mutex_);
    if (typing_.wait(key, now) > Duration{}) return false;
    typing_.take(key, now);
    return true;
}

bool RateLimits::is_familiar(AccountKey account, std::string_view address, Instant now) {
    const std::uint64_t key = familiar_of(account, address);
    const std::lock_guard lock(mutex_);
    const Instant* noted = familiar_.find(key);
    return noted != nullptr && now - *noted <= familiar_for;
}

void RateLimits::note_signed_in(AccountKey account, std::string_view address, Instant now) {
    const std::uint64_t key = familiar_of(account, address);
    const std::lock_guard lock(mutex_);
    familiar_.put(key, now);
}

std::optional<Duration> RateLimits::take_password(const PasswordTry& attempt, Instant now) {
    const std::uint64_t pair = pair_of(attempt);
    const std::uint64_t address = hashed(attempt.address);
    const std::uint64_t handle = hashed(attempt.handle);
    const std::lock_guard lock(mutex_);
    Duration wait = passwords_.wait(pair, now);
    if (!attempt.familiar) {
        wait = std::max(
            {wait, passwords_of_address_.wait(address, now), passwords_of_account_.wait(handle, now)});
    }
    if (wait > Duration{}) return wait;
    passwords_.take(pair, now);
    if (attempt.familiar) return std::nullopt;
    passwords_of_address_.take(address, now);
    passwords_of_account_.take(handle, now);
    return std::nullopt;
}

void RateLimits::password_fitted(const PasswordTry& attempt) {
    const std::lock_guard lock(mutex_);
    passwords_.recent.erase(pair_of(attempt));
    // Only its own: else whoever has one account could guess at all others for ever.
    give_back_to_strangers(attempt);
}

void RateLimits::password_not_tried(const PasswordTry& attempt) {
    const std::lock_guard lock(mutex_);
    passwords_.give_back(pair_of(attempt));
    give_back_to_strangers(attempt);
}

void RateLimits::give_back_to_strangers(const PasswordTry& attempt) {
    if (attempt.familiar) return;
    passwords_of_address_.give_back(hashed(attempt.address));
    passwords_of_account_.give_back(hashed(attempt.handle));
}

std::optional<Duration> RateLimits::take_account(std::string_view address, Instant now) {
    return take_one(accounts_, address, now);
}

std::optional<Duration> RateLimits::take_call(std::string_view address, Instant now) {
    return take_one(calls_, address, now);
}

std::optional<Duration> RateLimits::take_one(Buckets& buckets, std::string_view address, Instant now) {
    const std::uint64_t key = hashed(address);
    const std::lock_guard lock(mutex_);
    if (const Duration wait = buckets.wait(key, now); wait > Duration{}) return wait;
    buckets.take(key, now);
    return std::nullopt;
}

void RateLimits::account_not_tried(std::string_view address) {
    const std::lock_guard lock(mutex_);
    accounts_.give_back(hashed(address));
}

}  // namespace parley::server
