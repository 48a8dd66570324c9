#pragma once

#include "base/uuid.hpp"
#include "protocol/generated/cpp/changes.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim::crash {

/// Of rows that are messages.
inline constexpr auto message_kind = static_cast<std::int64_t>(protocol::Type::message_new);
/// And that are reactions to one.
inline constexpr auto reaction_kind = static_cast<std::int64_t>(protocol::Type::reaction_changed);
/// And that say whether one is pinned.
inline constexpr auto pin_kind = static_cast<std::int64_t>(protocol::Type::pin_changed);
/// And that are what is set for a conversation.
inline constexpr auto settings_kind = static_cast<std::int64_t>(protocol::Type::conversation_changed);

/// A row as both the ledger and the file say it; its content by a digest.
struct RowFacts {
    std::int64_t born = 0;
    std::int64_t seq = 0;
    std::int64_t kind = 0;
    std::int64_t at = 0;
    /// Of a message, or a reaction.
    std::int64_t author = 0;
    /// Of a message.
    std::optional<Uuid> id;
    /// Of a reaction, or a pin: the place of its message, with which it goes.
    std::int64_t message = 0;
    /// Of a message, or a reaction: nothing of what it said is left. Of a pin: it is not pinned any more.
    bool deleted = false;
    std::uint64_t body = 0;

    friend bool operator==(const RowFacts&, const RowFacts&) = default;
};

std::uint64_t digest_of(std::string_view body);
/// As it was told to people.
RowFacts facts_of(const protocol::Change& change);
/// What a message said before an edit, of which neither author nor id are kept.
RowFacts earlier_of(RowFacts superseded);
/// A group's permissions as the store packs them into one number: four bits for each act, in the order of the
/// schema, with the lowest role that may; 0 where nothing is set.
std::int64_t packed(const protocol::Permissions& permissions);

/// Stream and `born` of a row.
using RowPlace = std::pair<std::int64_t, std::int64_t>;

/// How far the streams stood at one moment.
struct Heads {
    std::int64_t position = 0;
    std::map<std::int64_t, std::int64_t> of_stream;
    /// How many transactions the ledger has seen which moved no stream: tokens were renewed, nothing else. A
    /// file does not say.
    std::int64_t unplaced = 0;
};

struct StoredMember {
    std::int64_t conversation = 0;
    std::int64_t account = 0;
    bool present = false;
    std::int64_t role = 0;
    std::int64_t read = 0;
    std::int64_t delivered = 0;
    /// By the store's own counters.
    std::int64_t unread = 0;
};

struct StoredDevice {
    std::int64_t key = 0;
    std::int64_t account = 0;
    bool present = false;
    std::int64_t refresh_number = 0;
};

/// All that a store's file says, read without any of the store's code.
struct StoredFile {
    Heads heads;
    /// Rows of each stream in order of `born`.
    std::map<std::int64_t, std::vector<RowFacts>> rows;
    /// What edited messages said before, in order of `seq`.
    std::map<RowPlace, std::vector<RowFacts>> earlier;
    std::vector<StoredMember> members;
    std::vector<StoredDevice> devices;
    /// Of each conversation, as one number.
    std::map<std::int64_t, std::int64_t> permissions;
    /// When each account was a member, by conversation and account: numbers from and up to, both included.
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::pair<std::int64_t, std::int64_t>>>
        intervals;
    /// The two of each direct conversation.
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> directs;
    /// What does not agree within the file, one sentence each.
    std::vector<std::string> complaints;
};

}  // namespace parley::sim::crash
