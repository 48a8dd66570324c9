#include "core/profiles.hpp"

#include "protocol/codec.hpp"

namespace parley::core {
namespace {

constexpr std::size_t written_max = 1000;

}  // namespace

Status Profiles::put(const protocol::Profile& profile) {
    auto found = written_.find(profile.account);
    if (found != written_.end() && found->second == profile) return {};
    const std::string body = protocol::encode(profile, protocol::Encoding::cbor);
    TRY(database_.write("INSERT OR REPLACE INTO profile (account, body) VALUES (?, ?)",
                        profile.account.text(), as_bytes(body)));
    if (written_.size() >= written_max) written_.clear();
    written_[profile.account] = profile;
    return {};
}

Result<std::optional<protocol::Profile>> Profiles::find(const AccountId& account) {
    TRY_ASSIGN(Query query, database_.read("SELECT body FROM profile WHERE account = ?", account.text()));
    TRY_ASSIGN(bool found, query.step());
    if (!found) return std::nullopt;
    TRY_ASSIGN(auto profile, protocol::decode<protocol::Profile>(query.bytes(0), protocol::Encoding::cbor));
    return profile;
}

}  // namespace parley::core
