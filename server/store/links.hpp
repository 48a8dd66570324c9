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

/// An invite link of a group. One that is revoked is not there any more; one that is over is, until it makes
/// room.
struct LinkRecord {
    LinkKey key;
    ConversationKey conversation;
    /// Whoever has it can join.
    std::string code;
    /// Joiners get no higher one.
    protocol::Role role = protocol::Role::member;
    AccountKey by;
    WallTime at;
    /// By the server's clock; nothing: never.
    std::optional<WallTime> expires_at = {};
    std::int64_t uses = 0;
    /// Nothing: any number.
    std::optional<std::int64_t> uses_max = {};
};

class Links {
  public:
    virtual ~Links() = default;

    virtual std::optional<LinkRecord> find(LinkKey key) = 0;
    /// How long it takes to find none says nothing about codes that there are.
    virtual std::optional<LinkRecord> by_code(std::string_view code) = 0;
    /// Of a group, the oldest first.
    virtual std::vector<LinkRecord> of(ConversationKey conversation, std::int64_t count_max) = 0;
};

class LinkWrites {
  public:
    virtual ~LinkWrites() = default;

    /// A new one, or the uses of one that is there.
    virtual void put(const LinkRecord& record) = 0;
    virtual void remove(LinkKey key) = 0;
    /// All that this member of the group made.
    virtual void remove_of(ConversationKey conversation, AccountKey by) = 0;
};

}  // namespace parley::server
