#pragma once

#include "base/time.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/api/recent.hpp"
#include "server/domain/keys.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace parley::server {

/// So many at once, and after that one in this time.
struct Allowance {
    std::int64_t burst = 1;
    Duration retry;
};

struct RateOptions {
    std::int64_t messages_per_second = 5;
    std::int64_t messages_burst = 60;
    /// Failed passwords: of one handle from one address; from one address for all handles; of one handle from
    /// all addresses that are not known to be its person's.
    Allowance passwords{.burst = 5, .retry = seconds(100)};
    Allowance passwords_of_address{.burst = 50, .retry = seconds(20)};
    Allowance passwords_of_account{.burst = 100, .retry = seconds(60)};
    /// Accounts that are made from one address without an invite.
    Allowance accounts{.burst = 10, .retry = seconds(600)};
    /// Invite links that an account looks at or joins by, good ones or not.
    Allowance links{.burst = limits::link_tries_max, .retry = milliseconds(limits::link_retry_ms)};
    /// HTTP calls of one address that show no token of somebody who is signed in.
    std::int64_t calls_per_second = 20;
    std::int64_t calls_burst = 600;
};

/// Somebody tries a password.
struct PasswordTry {
    /// In one spelling of all that mean it. Whether anybody has it makes no difference here.
    std::string handle;
    /// As of HttpRequest::remote.
    std::string address;
    /// Whoever has the handle was signed in from there (`is_familiar`).
    bool familiar = false;
};

/// What strangers, and accounts, may do how often, for the whole process. Memory is bounded: of each kind the
/// buckets that were used last are kept. Any thread may use it; each call is short.
///
/// One who guesses is slowed down three times: for one handle, for many handles (one word tried on
/// everybody), and for one handle from many addresses. The last two could also be used to keep somebody out,
/// so they do not hold where the account was signed in lately: there the first one does. Devices that are
/// signed in use tokens, which nothing here counts.
class RateLimits {
  public:
    explicit RateLimits(RateOptions options);

    /// Takes a command that costs as much as so many messages (rate_cost) out of the account's bucket; else
    /// says how long to wait. What costs more than the bucket holds needs all of it.
    std::optional<Duration> take_message(AccountKey account, Instant now, std::int64_t cost = 1);

    /// Takes one try at an invite link, so that codes are not guessed; else says how long to wait.
    std::optional<Duration> take_link_try(AccountKey account, Instant now);

    /// Whether it may be passed on now that this account is typing, or has stopped: a word that comes too
    /// soon is lost.
    bool take_typing(AccountKey account, Instant now);

    /// Whether tokens of this account were given to this address within the last 30 days, as far as is known:
    /// since the process began, of as many as are kept.
    bool is_familiar(AccountKey account, std::string_view address, Instant now);
    void note_signed_in(AccountKey account, std::string_view address, Instant now);

    /// Takes one attempt, before the password is looked at, so that many at once get no further; else says
    /// how long to wait, and takes nothing. What fitted, or was not looked at, gives the attempt back; for
    /// one that fitted the address has all attempts at this handle again.
    std::optional<Duration> take_password(const PasswordTry& attempt, Instant now);
    void password_fitted(const PasswordTry& attempt);
    void password_not_tried(const PasswordTry& attempt);

    /// The same for an account that this address makes without an invite. What was refused before it cost
    /// anything gives it back.
    std::optional<Duration> take_account(std::string_view address, Instant now);
    void account_not_tried(std::string_view address);

    /// Takes one call of somebody of whom nobody knows who it is; else says how long to wait.
    std::optional<Duration> take_call(std::string_view address, Instant now);

    /// Buckets and familiar addresses that are kept.
    std::size_t size() const;

  private:
    /// One is `unit`, and as much comes back in each millisecond as `per_ms`.
    struct Rate {
        std::int64_t unit = 1;
        std::int64_t full = 1;
        std::int64_t per_ms = 1;
    };
    struct Bucket {
        std::int64_t level = 0;
        Instant at;
    };
    struct Buckets {
        explicit Buckets(Rate chosen);

        /// How long until so many can be taken; zero: now.
        Duration wait(std::uint64_t key, Instant now, std::int64_t count = 1);
        /// To be called where they can be.
        void take(std::uint64_t key, Instant now, std::int64_t count = 1);
        void give_back(std::uint64_t key);

        Rate rate;
        Recent<Bucket> recent;

      private:
        /// More than all there are is all there are.
        std::int64_t units(std::int64_t count) const { return std::min(count * rate.unit, rate.full); }
        std::int64_t level(std::uint64_t key, Instant now);
    };

    static Rate rate_of(const Allowance& allowance);
    static Rate rate_of(std::int64_t per_second, std::int64_t burst);
    std::uint64_t hashed(std::string_view text) const;
    std::uint64_t pair_of(const PasswordTry& attempt) const;
    std::uint64_t familiar_of(AccountKey account, std::string_view address) const;
    void give_back_to_strangers(const PasswordTry& attempt);
    /// Takes one of what this address has left, or says how long until it has one.
    std::optional<Duration> take_one(Buckets& buckets, std::string_view address, Instant now);

    /// Strangers choose handles, and addresses within what they have.
    std::array<std::uint8_t, 16> hash_key_{};
    mutable std::mutex mutex_;
    Buckets messages_;
    Buckets passwords_;
    Buckets passwords_of_address_;
    Buckets passwords_of_account_;
    Buckets accounts_;
    Buckets links_;
    Buckets typing_;
    Buckets calls_;
    Recent<Instant> familiar_;
};

}  // namespace parley::server
