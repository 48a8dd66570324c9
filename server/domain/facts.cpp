#include "protocol/codec.hpp"
#include "server/domain/context.hpp"
#include "server/domain/sync.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parley::server {

Result<protocol::Profiles> find_profiles(Snapshot& snapshot, const protocol::ProfileFind& request) {
    protocol::Profiles found;
    std::set<AccountKey> seen;
    std::size_t bytes = 0;
    // One alone fits always.
    const auto too_many = [&] {
        return std::cmp_greater(bytes, limits::page_bytes_max);
    };
    const auto add = [&](std::optional<AccountKey> key) {
        const auto* account = key ? snapshot.accounts().find(*key) : nullptr;
        if (account == nullptr || too_many() || !seen.insert(*key).second) return;
        found.profiles.push_back(profile_of(*account));
        bytes += protocol::encode(found.profiles.back(), protocol::Encoding::json).size() + 1;
    };
    for (const auto& handle : request.handles)
        add(snapshot.accounts().by_handle(handle));
    for (const auto& id : request.accounts)
        add(account_key(id.text()));
    TRY(snapshot.status());
    if (too_many()) {
        return fail(Error{ErrorCode::limit,
                          "these profiles do not fit into one answer; ask for fewer at a time", 0,
                          request.accounts.empty() ? "handles" : "accounts"});
    }
    return found;
}

Result<protocol::DeviceList> devices(Snapshot& snapshot, AccountKey account) {
    protocol::DeviceList found;
    for (const auto& device : snapshot.accounts().devices(account)) {
        found.devices.push_back({.device = to_id(device.key),
                                 .name = device.name,
                                 .created_at = device.created_at,
                                 .present = device.present});
    }
    TRY(snapshot.status());
    return found;
}

std::vector<AccountKey> blocked_by(View& view, AccountKey key) {
    std::vector<AccountKey> blocked;
    const auto* account = view.accounts().find(key);
    if (account == nullptr || account->blocks == 0) return blocked;
    for (const auto& block : view.blocks().made_by(key))
        blocked.push_back(block.account);
    std::ranges::sort(blocked);
    return blocked;
}

Result<protocol::BlockList> blocks(Snapshot& snapshot, AccountKey account) {
    protocol::BlockList found;
    for (const auto& block : snapshot.blocks().made_by(account))
        found.blocks.push_back({.account = to_id(block.account), .at = block.at});
    TRY(snapshot.status());
    return found;
}

Result<protocol::ProfileChanged> profile(Snapshot& snapshot, AccountKey key) {
    const auto* account = snapshot.accounts().find(key);
    TRY(snapshot.status());
    if (account == nullptr) return fail(ErrorCode::account_not_found, "no such account");
    return protocol::ProfileChanged{.profile = profile_of(*account), .role = account->role};
}

Result<std::optional<DeviceFacts>> device_facts(Snapshot& snapshot, DeviceKey key) {
    std::optional<DeviceFacts> facts;
    if (const auto* device = snapshot.accounts().device(key)) {
        facts = DeviceFacts{
            .account = device->account, .present = device->present, .token_reused = device->token_reused};
    }
    TRY(snapshot.status());
    return facts;
}

Result<std::optional<PasswordFacts>> password_facts(Snapshot& snapshot, std::string_view handle) {
    std::optional<PasswordFacts> facts;
    const auto key = snapshot.accounts().by_handle(handle);
    if (const auto* account = key ? snapshot.accounts().find(*key) : nullptr) {
        facts = PasswordFacts{.account = account->key, .password_hash = account->password_hash};
    }
    TRY(snapshot.status());
    return facts;
}

Result<StartFacts> start_facts(Snapshot& snapshot, WallTime now) {
    StartFacts facts{.accounts = snapshot.accounts().count(),
                     .has_administrator = snapshot.accounts().has_administrator()};
    if (auto invite = snapshot.accounts().administrator_invite(now)) {
        facts.administrator_invite = std::move(invite->code);
    }
    TRY(snapshot.status());
    return facts;
}

}  // namespace parley::server
