#pragma once

#include "server/store/accounts.hpp"
#include "server/store/record_cache.hpp"
#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

/// The tables account, former_handle, profile_debt, device and invite.
class AccountTables final : public Accounts, public AccountWrites {
  public:
    explicit AccountTables(Connection& connection);

    const AccountRecord* find(AccountKey key) override;
    std::optional<AccountKey> by_handle(std::string_view handle) override;
    std::optional<AccountKey> keeper_of(std::string_view handle) override;
    std::int64_t handles_given_up(AccountKey account) override;
    const DeviceRecord* device(DeviceKey key) override;
    std::vector<DeviceRecord> devices(AccountKey account) override;
    std::optional<InviteRecord> invite(std::string_view code) override;
    std::optional<InviteRecord> administrator_invite(WallTime now) override;
    std::int64_t count() override;
    bool has_administrator() override;
    std::optional<ProfileDebt> oldest_profile_debt(std::int64_t skip) override;

    void put(const AccountRecord& record) override;
    void put(const DeviceRecord& record) override;
    void put(const InviteRecord& record) override;
    void keep_handle(AccountKey account, std::string_view handle) override;
    void put(const ProfileDebt& debt) override;
    void settle_profile(AccountKey account) override;

    /// Writes what has been put.
    void flush();
    /// Forgets everything read or put.
    void clear();
    /// Clears where more is cached than is worth its memory. Not in the middle of a transaction.
    void trim();
    std::int64_t writes() const { return writes_; }

  private:
    using AccountEntry = RecordCache<AccountKey, AccountRecord>::Entry;
    using DeviceEntry = RecordCache<DeviceKey, DeviceRecord>::Entry;
    void write(const AccountEntry& entry);
    void write(const DeviceEntry& entry);

    RecordCache<AccountKey, AccountRecord> accounts_;
    RecordCache<DeviceKey, DeviceRecord> devices_;
    std::int64_t writes_ = 0;

    Statement find_;
    Statement by_handle_;
    Statement keeper_of_;
    Statement given_up_;
    Statement keep_;
    Statement device_;
    Statement present_;
    Statement invite_;
    Statement administrator_invite_;
    Statement count_;
    Statement administrators_;
    Statement oldest_debt_;
    Statement put_debt_;
    Statement settle_;
    Statement insert_account_;
    Statement update_account_;
    Statement update_head_;
    Statement insert_device_;
    Statement update_device_;
    Statement put_invite_;
};

}  // namespace parley::server::sqlite
