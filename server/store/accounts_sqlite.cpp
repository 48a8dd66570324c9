#include "server/store/accounts_sqlite.hpp"

namespace parley::server::sqlite {

namespace {

constexpr std::size_t cached_accounts_max = 8192;
constexpr std::size_t cached_devices_max = 32768;

#define ACCOUNT_COLUMNS \
    "key, handle, name, avatar, role, password_hash, head, floor, profile_as_of, blocks, blocked_by"
#define DEVICE_COLUMNS "key, account, name, created_at, present, token_reused, refresh_number, refreshed_at"
#define INVITE_COLUMNS "code, uses_left, expires_at, administrator, made_by"

AccountRecord account_of(const Query& query) {
    return {.key = {query.integer(0)},
            .handle = std::string(query.text(1)),
            .name = std::string(query.text(2)),
            .avatar = std::string(query.text(3)),
            .role = static_cast<protocol::AccountRole>(query.integer(4)),
            .password_hash = std::string(query.text(5)),
            .head = query.integer(6),
            .floor = query.integer(7),
            .profile_as_of = query.integer(8),
            .blocks = query.integer(9),
            .blocked_by = query.integer(10)};
}

DeviceRecord device_of(const Query& query) {
    return {.key = {query.integer(0)},
            .account = {query.integer(1)},
            .name = std::string(query.text(2)),
            .created_at = {query.integer(3)},
            .present = query.integer(4) != 0,
            .token_reused = query.integer(5) != 0,
            .refresh_number = query.integer(6),
            .refreshed_at = {query.integer(7)}};
}

InviteRecord invite_of(const Query& query) {
    return {.code = std::string(query.text(0)),
            .uses_left = query.integer(1),
            .expires_at = {query.integer(2)},
            .administrator = query.integer(3) != 0,
            .by = {query.integer(4)}};
}

}  // namespace

AccountTables::AccountTables(Connection& connection)
    : find_(connection, "SELECT " ACCOUNT_COLUMNS " FROM account WHERE key = ?"),
      by_handle_(connection, "SELECT key FROM account WHERE handle = ?"),
      keeper_of_(connection, "SELECT account FROM former_handle WHERE handle = ?"),
      given_up_(connection,
                "SELECT count(*) FROM former_handle WHERE account = ?1"
                " AND handle <> (SELECT handle FROM account WHERE key = ?1)"),
      keep_(connection, "INSERT INTO former_handle (account, handle) VALUES (?, ?) ON CONFLICT DO NOTHING"),
      device_(connection, "SELECT " DEVICE_COLUMNS " FROM device WHERE key = ?"),
      present_(connection,
               "SELECT " DEVICE_COLUMNS " FROM device WHERE account = ? AND present = 1 ORDER BY key"),
      invite_(connection, "SELECT " INVITE_COLUMNS " FROM invite WHERE code = ?"),
      administrator_invite_(connection,
                            "SELECT " INVITE_COLUMNS
                            " FROM invite WHERE administrator = 1 AND made_by = 0 AND uses_left > 0"
                            " AND expires_at > ? ORDER BY code LIMIT 1"),
      count_(connection, "SELECT count(*) FROM account"),
      administrators_(connection, "SELECT 1 FROM account WHERE role = ? LIMIT 1"),
      oldest_debt_(connection,
                   "SELECT account, since, upto FROM profile_debt ORDER BY since, account LIMIT 1 OFFSET ?"),
      put_debt_(connection,
                "INSERT INTO profile_debt (account, since, upto) VALUES (?, ?, ?)"
                " ON CONFLICT (account) DO UPDATE SET since = excluded.since, upto = excluded.upto"),
      settle_(connection, "DELETE FROM profile_debt WHERE account = ?"),
      insert_account_(connection,
                      "INSERT INTO account (" ACCOUNT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_account_(connection,
                      "UPDATE account SET handle = ?2, name = ?3, avatar = ?4, role = ?5, password_hash = ?6,"
                      " head = ?7, floor = ?8, profile_as_of = ?9, blocks = ?10, blocked_by = ?11"
                      " WHERE key = ?1"),
      update_head_(connection, "UPDATE account SET head = ?2 WHERE key = ?1"),
      insert_device_(connection, "INSERT INTO device (" DEVICE_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      update_device_(connection,
                     "UPDATE device SET present = ?2, token_reused = ?3, refresh_number = ?4,"
                     " refreshed_at = ?5 WHERE key = ?1"),
      put_invite_(connection, "INSERT INTO invite (" INVITE_COLUMNS
                              ") VALUES (?, ?, ?, ?, ?)"
                              " ON CONFLICT (code) DO UPDATE SET uses_left = excluded.uses_left") {}

const AccountRecord* AccountTables::find(AccountKey key) {
    if (const auto* known = accounts_.find(key)) return known;
    auto query = find_(key);
    return query.step() ? accounts_.add_stored(key, account_of(query)) : nullptr;
}

std::optional<AccountKey> AccountTables::by_handle(std::string_view handle) {
    flush();
    auto query = by_handle_(handle);
    if (!query.step()) return std::nullopt;
    return AccountKey{query.integer(0)};
}

std::optional<AccountKey> AccountTables::keeper_of(std::string_view handle) {
    auto query = keeper_of_(handle);
    if (!query.step()) return std::nullopt;
    return AccountKey{query.integer(0)};
}

std::int64_t AccountTables::handles_given_up(AccountKey account) {
    flush();
    auto query = given_up_(account);
    return query.step() ? query.integer(0) : 0;
}

const DeviceRecord* AccountTables::device(DeviceKey key) {
    if (const auto* known = devices_.find(key)) return known;
    auto query = device_(key);
    return query.step() ? devices_.add_stored(key, device_of(query)) : nullptr;
}

std::vector<DeviceRecord> AccountTables::devices(AccountKey account) {
    flush();
    std::vector<DeviceRecord> found;
    auto query = present_(account);
    while (query.step())
        found.push_back(device_of(query));
    return found;
}

std::optional<InviteRecord> AccountTables::invite(std::string_view code) {
    auto query = invite_(code);
    if (!query.step()) return std::nullopt;
    return invite_of(query);
}

std::optional<InviteRecord> AccountTables::administrator_invite(WallTime now) {
    auto query = administrator_invite_(now);
    if (!query.step()) return std::nullopt;
    return invite_of(query);
}

std::int64_t AccountTables::count() {
    flush();
    auto query = count_();
    return query.step() ? query.integer(0) : 0;
}

bool AccountTables::has_administrator() {
    flush();
    const auto role = static_cast<std::int64_t>(protocol::AccountRole::administrator);
    auto query = administrators_(role);
    return query.step();
}

void AccountTables::put(const AccountRecord& record) {
    ++writes_;
    (void)find(record.key);  // so that the cache knows whether it is new
    accounts_.put(record.key, record);
}

void AccountTables::put(const DeviceRecord& record) {
    ++writes_;
    (void)device(record.key);
    devices_.put(record.key, record);
}

void AccountTables::put(const InviteRecord& record) {
    ++writes_;
    const std::string_view code = record.code;
    put_invite_.run(code, record.uses_left, record.expires_at, record.administrator, record.by);
}

void AccountTables::keep_handle(AccountKey account, std::string_view handle) {
    ++writes_;
    keep_.run(account, handle);
}

std::optional<ProfileDebt> AccountTables::oldest_profile_debt(std::int64_t skip) {
    auto query = oldest_debt_(skip);
    if (!query.step()) return std::nullopt;
    return ProfileDebt{.account = {query.integer(0)}, .since = query.integer(1), .upto = {query.integer(2)}};
}

void AccountTables::put(const ProfileDebt& debt) {
    ++writes_;
    put_debt_.run(debt.account, debt.since, debt.upto);
}

void AccountTables::settle_profile(AccountKey account) {
    ++writes_;
    settle_.run(account);
}

void AccountTables::write(const AccountEntry& entry) {
    const auto& record = entry.record;
    const std::string_view handle = record.handle;
    const std::string_view name = record.name;
    const std::string_view avatar = record.avatar;
    const std::string_view hash = record.password_hash;
    const auto role = static_cast<std::int64_t>(record.role);
    if (!entry.exists) {
        insert_account_.run(record.key, handle, name, avatar, role, hash, record.head, record.floor,
                            record.profile_as_of, record.blocks, record.blocked_by);
        return;
    }
    // What changes often is only the head, and no index holds it.
    auto but_for_head = entry.stored;
    but_for_head.head = record.head;
    if (but_for_head == record) {
        update_head_.run(record.key, record.head);
        return;
    }
    update_account_.run(record.key, handle, name, avatar, role, hash, record.head, record.floor,
                        record.profile_as_of, record.blocks, record.blocked_by);
}

void AccountTables::write(const DeviceEntry& entry) {
    const auto& record = entry.record;
    if (!entry.exists) {
        const std::string_view name = record.name;
        insert_device_.run(record.key, record.account, name, record.created_at, record.present,
                           record.token_reused, record.refresh_number, record.refreshed_at);
        return;
    }
    update_device_.run(record.key, record.present, record.token_reused, record.refresh_number,
                       record.refreshed_at);
}

void AccountTables::flush() {
    accounts_.flush([this](const AccountEntry& entry) { write(entry); });
    devices_.flush([this](const DeviceEntry& entry) { write(entry); });
}

void AccountTables::clear() {
    accounts_.clear();
    devices_.clear();
}

void AccountTables::trim() {
    if (accounts_.size() > cached_accounts_max || devices_.size() > cached_devices_max) clear();
}

}  // namespace parley::server::sqlite
