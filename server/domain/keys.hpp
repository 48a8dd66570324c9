#pragma once

#include "base/id.hpp"
#include "protocol/generated/cpp/ids.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace parley::server {

/// The server's own form of an id: a number of 50 bits, seconds since 2024 in the upper 32 and a counter
/// below, so that keys of later things are larger. On the wire it is a letter and ten characters of
/// Crockford's base 32.
template <class Tag>
struct Key {
    std::int64_t value = 0;

    explicit operator bool() const { return value != 0; }
    friend auto operator<=>(Key, Key) = default;
    friend bool operator==(Key, Key) = default;
};

using AccountKey = Key<struct AccountKeyTag>;
using DeviceKey = Key<struct DeviceKeyTag>;
/// A conversation.
using ConversationKey = Key<struct ConversationKeyTag>;
/// An invite link of a group.
using LinkKey = Key<struct LinkKeyTag>;
/// A connection, or an HTTP call while it is served; counted by the process, never stored.
using SessionKey = Key<struct SessionKeyTag>;

AccountId to_id(AccountKey key);      // "a…"
DeviceId to_id(DeviceKey key);        // "d…"
StreamId to_id(ConversationKey key);  // "c…"
LinkId to_id(LinkKey key);            // "l…"
/// The account's own stream carries the account's id.
StreamId to_stream(AccountKey key);

/// Nothing for what no server of ours has ever given out.
std::optional<AccountKey> account_key(std::string_view id);
std::optional<DeviceKey> device_key(std::string_view id);
std::optional<ConversationKey> conversation_key(std::string_view id);
std::optional<LinkKey> link_key(std::string_view id);

}  // namespace parley::server

template <class Tag>
struct std::hash<parley::server::Key<Tag>> {
    std::size_t operator()(parley::server::Key<Tag> key) const noexcept {
        return std::hash<std::int64_t>{}(key.value);
    }
};
