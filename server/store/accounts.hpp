#pragma once

#include "base/time.hpp"
#include "protocol/generated/cpp/enums.hpp"
#include "server/domain/keys.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::server {

struct AccountRecord {
    AccountKey key;
    std::string handle;
    std::string name;
    /// Empty: none.
    std::string avatar;
    protocol::AccountRole role = protocol::AccountRole::person;
    std::string password_hash;
    /// Latest `seq` of the account's stream.
    std::int64_t head = 0;
    std::int64_t floor = 0;
    /// The change of the account's stream that gave it this handle, name and picture, as numbers of the
    /// present epoch count.
    std::int64_t profile_as_of = 0;
    /// So many it has blocked, and so many have blocked it.
    std::int64_t blocks = 0;
    std::int64_t blocked_by = 0;

    friend bool operator==(const AccountRecord&, const AccountRecord&) = default;
};

struct DeviceRecord {
    DeviceKey key;
    AccountKey account;
    std::string name;
    WallTime created_at;
    /// False: signed out.
    bool present = false;
    /// Not present, and not because somebody signed it out: a refresh token of its came again after its
    /// successor, or nobody used it and it stood in the way of another. It may keep what it holds, and has to
    /// sign in.
    bool token_reused = false;
    /// Number of the newest refresh token given out, and when that was.
    std::int64_t refresh_number = 0;
    WallTime refreshed_at;
};

struct InviteRecord {
    std::string code;
    std::int64_t uses_left = 0;
    WallTime expires_at;
    /// Registering with it makes an administrator.
    bool administrator = false;
    /// Who made it; none: the operator.
    AccountKey by;
};

/// Somebody has another profile, and not all conversations that he is in show it.
struct ProfileDebt {
    AccountKey account;
    /// Commit position of the change: the oldest debt comes first.
    std::int64_t since = 0;
    /// Those up to this one show it.
    ConversationKey upto;
};

/// Accounts, devices, invites. Pointers stay valid while the view lives; what they point to follows the
/// writes of a transaction.
class Accounts {
  public:
    virtual ~Accounts() = default;

    virtual const AccountRecord* find(AccountKey key) = 0;
    virtual std::optional<AccountKey> by_handle(std::string_view handle) = 0;
    /// For whom a handle is kept that was given up.
    virtual std::optional<AccountKey> keeper_of(std::string_view handle) = 0;
    /// How many handles an account had besides its present one.
    virtual std::int64_t handles_given_up(AccountKey account) = 0;
    virtual const DeviceRecord* device(DeviceKey key) = 0;
    /// Those that are signed in, the oldest first.
    virtual std::vector<DeviceRecord> devices(AccountKey account) = 0;
    virtual std::optional<InviteRecord> invite(std::string_view code) = 0;
    /// An invite of the operator for an administrator that is good at `now`.
    virtual std::optional<InviteRecord> administrator_invite(WallTime now) = 0;
    virtual std::int64_t count() = 0;
    virtual bool has_administrator() = 0;
    /// Of those behind the `skip` oldest.
    virtual std::optional<ProfileDebt> oldest_profile_debt(std::int64_t skip) = 0;
};

class AccountWrites {
  public:
    virtual ~AccountWrites() = default;

    virtual void put(const AccountRecord& record) = 0;
    virtual void put(const DeviceRecord& record) = 0;
    virtual void put(const InviteRecord& record) = 0;
    /// From now on nobody else gets it. Once more changes nothing.
    virtual void keep_handle(AccountKey account, std::string_view handle) = 0;
    /// One for each account: the later one takes the place of the earlier.
    virtual void put(const ProfileDebt& debt) = 0;
    virtual void settle_profile(AccountKey account) = 0;
};

}  // namespace parley::server
