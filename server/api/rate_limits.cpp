#include "server/api/rate_limits.hpp"

#include <algorithm>

namespace parley::server {

namespace {

/// Above so many buckets the full ones are forgotten; if none is, the table is emptied: attackers then gain
/// one more round of attempts per so many accounts that they had to name.
constexpr std::size_t buckets_max = 100'000;

std::string password_key(std::string_view handle, std::string_view address) {
    std::string key{handle.substr(0, 64)};
    key += ' ';
    key += address;
    return key;
}

}  // namespace

RateLimits::RateLimits(RateOptions options) : options_(options) {}

template <class Key>
void RateLimits::forget_full(Buckets<Key>& buckets, std::int64_t full, std::int64_t per_ms, Instant now) {
    if (buckets.size() < buckets_max) return;
    std::erase_if(buckets, [&](const auto& entry) {
        return entry.second.level + (now - entry.second.at).ms * per_ms >= full;
    });
    if (buckets.size() >= buckets_max) buckets.clear();
}

std::size_t RateLimits::size() const {
    const std::lock_guard lock(mutex_);
    return messages_.size() + passwords_.size();
}

std::optional<Duration> RateLimits::take_message(AccountKey account, Instant now) {
    // One message is 1000 units, so that a rate of n a second is n units a millisecond.
    const std::int64_t full = options_.messages_burst * 1000;
    const std::int64_t per_ms = options_.messages_per_second;
    const std::lock_guard lock(mutex_);
    forget_full(messages_, full, per_ms, now);
    Bucket& bucket = messages_.try_emplace(account, Bucket{full, now}).first->second;
    bucket.level = std::min(full, bucket.level + (now - bucket.at).ms * per_ms);
    bucket.at = now;
    if (bucket.level < 1000) return milliseconds((1000 - bucket.level + per_ms - 1) / per_ms);
    bucket.level -= 1000;
    return std::nullopt;
}

std::optional<Duration> RateLimits::take_password(std::string_view handle, std::string_view address,
                                                  Instant now) {
    // One attempt is as many units as milliseconds pass between two.
    const std::int64_t attempt = options_.password_retry.ms;
    const std::int64_t full = options_.password_failures_max * attempt;
    const std::lock_guard lock(mutex_);
    forget_full(passwords_, full, 1, now);
    Bucket& bucket = passwords_.try_emplace(password_key(handle, address), Bucket{full, now}).first->second;
    bucket.level = std::min(full, bucket.level + (now - bucket.at).ms);
    bucket.at = now;
    if (bucket.level < attempt) return milliseconds(attempt - bucket.level);
    bucket.level -= attempt;
    return std::nullopt;
}

void RateLimits::password_fitted(std::string_view handle, std::string_view address) {
    const std::lock_guard lock(mutex_);
    passwords_.erase(password_key(handle, address));
}

void RateLimits::password_not_tried(std::string_view handle, std::string_view address) {
    const std::lock_guard lock(mutex_);
    const auto found = passwords_.find(password_key(handle, address));
    if (found != passwords_.end()) found->second.level += options_.password_retry.ms;
}

}  // namespace parley::server
