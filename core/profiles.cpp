#include "core/profiles.hpp"

#include "base/mutant.hpp"
#include "protocol/codec.hpp"

namespace parley::core {
namespace {

constexpr std::size_t known_max = 1000;

}  // namespace

Status Profiles::put(const protocol::Profile& profile) {
    TRY_ASSIGN(const auto known, find(profile.account));
    if (known && *known == profile) return {};
    if (known && known->as_of > profile.as_of && !mutant(Mutant::older_name_wins)) return {};
    const std::string body = protocol::encode(profile, protocol::Encoding::cbor);
    TRY(database_.write("INSERT OR REPLACE INTO profile (account, body) VALUES (?, ?)",
                        profile.account.text(), as_bytes(body)));
    remember(profile);
    return {};
}

Result<std::optional<protocol::Profile>> Profiles::find(const AccountId& account) {
    if (known_as_of_ != database_.rollbacks()) known_.clear();
    known_as_of_ = database_.rollbacks();
    if (const auto known = known_.find(account); known != known_.end()) return known->second;
    TRY_ASSIGN(Query query, database_.read("SELECT body FROM profile WHERE account = ?", account.text()));
    TRY_ASSIGN(bool found, query.step());
    if (!found) return std::nullopt;
    TRY_ASSIGN(auto profile, protocol::decode<protocol::Profile>(query.bytes(0), protocol::Encoding::cbor));
    remember(profile);
    return profile;
}

void Profiles::remember(const protocol::Profile& profile) {
    if (known_.size() >= known_max) known_.clear();
    known_[profile.account] = profile;
}

}  // namespace parley::core
