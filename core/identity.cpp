#include "core/identity.hpp"

#include "base/mutant.hpp"

#include <string_view>
#include <utility>

namespace parley::core {

Status IdentityStore::load() {
    TRY_ASSIGN(Query query, database_.read("SELECT account, device, access_token, expires_at, refresh_token,"
                                           " sync_token, epoch, cursor, behind, heard_at, may_be_lost"
                                           " FROM self"));
    TRY_ASSIGN(bool found, query.step());
    if (!found) return {};
    identity_.account = AccountId(query.text(0));
    identity_.device = DeviceId(query.text(1));
    identity_.access_token = query.text(2);
    identity_.expires_at = WallTime{query.integer(3)};
    identity_.refresh_token = query.text(4);
    if (!query.is_null(5)) identity_.sync_token = query.text(5);
    identity_.epoch = query.optional_integer(6);
    identity_.cursor = query.integer(7);
    identity_.behind = query.integer(8) != 0;
    identity_.heard_at = WallTime{query.integer(9)};
    identity_.may_be_lost = query.integer(10) != 0;
    return {};
}

void IdentityStore::take(const protocol::Session& session) {
    Identity& identity = edit();
    identity.account = session.account;
    identity.device = session.device;
    identity.access_token = session.access_token;
    identity.expires_at = session.expires_at;
    identity.refresh_token = session.refresh_token;
}

Status IdentityStore::flush() {
    if (!std::exchange(changed_, false)) return {};
    const Identity& i = identity_;
    constexpr Sql upsert =
        "INSERT OR REPLACE INTO self (one, account, device, access_token, expires_at, refresh_token,"
        " sync_token, epoch, cursor, behind, heard_at, may_be_lost)"
        " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    // The token of the sign-in stays; those that come after it are known to memory alone.
    constexpr Sql mutated =
        "INSERT OR REPLACE INTO self (one, account, device, access_token, expires_at, refresh_token,"
        " sync_token, epoch, cursor, behind, heard_at, may_be_lost)"
        " VALUES (1, ?1, ?2, ?3, ?4, coalesce(nullif("
        "(SELECT refresh_token FROM self WHERE device = ?2), ''), ?5), ?6, ?7, ?8, ?9, ?10, ?11)";
    return database_.write(mutant(Mutant::refresh_used_before_commit) ? mutated : upsert, i.account.text(),
                           i.device.text(), i.access_token, i.expires_at, i.refresh_token, i.sync_token,
                           i.epoch, i.cursor, i.behind, i.heard_at, i.may_be_lost);
}

}  // namespace parley::core
