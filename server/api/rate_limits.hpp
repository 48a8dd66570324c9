#pragma once

#include "base/time.hpp"
#include "server/domain/keys.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parley::server {

struct RateOptions {
    std::int64_t messages_per_second = 5;
    std::int64_t messages_burst = 60;
    std::int64_t password_failures_max = 5;
    Duration password_retry = seconds(100);
};

/// Token buckets of the whole process: messages by account, failed passwords by account and address. Memory
/// is bounded: a full bucket is forgotten. Any thread may use it; each call is short.
class RateLimits {
  public:
    explicit RateLimits(RateOptions options);

    /// Takes one message out of the account's bucket; else says how long to wait.
    std::optional<Duration> take_message(AccountKey account, Instant now);

    /// Takes one attempt at the handle's password from this address, before it is looked at, so that many at
    /// once get no further; else says how long to wait. What fitted, or was not looked at, gives the attempt
    /// back.
    std::optional<Duration> take_password(std::string_view handle, std::string_view address, Instant now);
    void password_fitted(std::string_view handle, std::string_view address);
    void password_not_tried(std::string_view handle, std::string_view address);

    /// Buckets that are kept.
    std::size_t size() const;

  private:
    /// Counted in thousandths, refilled as time goes by.
    struct Bucket {
        std::int64_t level = 0;
        Instant at;
    };
    template <class Key>
    using Buckets = std::unordered_map<Key, Bucket>;

    template <class Key>
    static void forget_full(Buckets<Key>& buckets, std::int64_t full, std::int64_t per_ms, Instant now);

    RateOptions options_;
    mutable std::mutex mutex_;
    Buckets<AccountKey> messages_;
    Buckets<std::string> passwords_;
};

}  // namespace parley::server
