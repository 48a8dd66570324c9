#pragma once

#include "protocol/generated/cpp/enums.hpp"
#include "server/domain/keys.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace parley::server {

/// A device signed in on a connection; every earlier connection of it is to end.
struct DeviceConnected {
    DeviceKey device;
    /// When it did, as a number that grows over all shards: of two connections the larger one stays.
    std::uint64_t turn = 0;
};

/// Accounts by key, held by each session and each word of theirs that goes about; null: none.
using SharedAccounts = std::shared_ptr<const std::vector<AccountKey>>;

inline SharedAccounts share(std::vector<AccountKey> accounts) {
    if (accounts.empty()) return nullptr;
    return std::make_shared<const std::vector<AccountKey>>(std::move(accounts));
}

inline bool contains(const SharedAccounts& accounts, AccountKey account) {
    return accounts && std::ranges::binary_search(*accounts, account);
}

/// Somebody is typing in a conversation that he is in, or has stopped.
struct Typed {
    ConversationKey conversation;
    AccountKey account;
    protocol::TypingKind kind{};
    /// Up to this commit position it is known that he is in it: a shard that is behind may not know yet who
    /// is out, and tells nobody.
    std::int64_t position = 0;
    /// Whom he has blocked.
    SharedAccounts unheard_by = {};
};

/// How shards tell each other what no batch says. May lose and repeat: what it carries hastens what
/// would come to light anyway, or is of this moment alone. From any shard's thread.
class Bus {
  public:
    virtual ~Bus() = default;
    virtual std::uint64_t next_turn() = 0;
    /// Reaches `Shard::handle_device_connected` of all other shards.
    virtual void announce(std::uint32_t from_shard, DeviceConnected connected) = 0;
    /// Reaches `Shard::handle_typed` of all other shards.
    virtual void announce(std::uint32_t from_shard, Typed typed) = 0;
};

}  // namespace parley::server
