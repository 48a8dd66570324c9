#pragma once

#include "base/mutant.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <algorithm>
#include <cstdint>

/// What counts as unread: the one place that decides it, for server and clients, so that both count alike. A
/// message counts for a reader when somebody else wrote it, nobody deleted it and it stands above the
/// reader's read position; it counts as a mention when it also names the reader, or named everybody when it
/// was sent. Rows that are no messages never count. What somebody wrote counts for nobody who has blocked
/// him, while the block stands.
namespace parley::core::rules {

/// What a row is to a reader, wherever his read position stands.
enum class Counts : std::uint8_t {
    not_at_all = 0,
    as_unread = 1,
    as_mention = 2,
    /// Not at all; but it did until it was deleted, so that counts of before include it.
    until_deleted = 3,
    /// The same, and it counted as a mention: it named everybody.
    as_mention_until_deleted = 4
};

inline Counts counts_for(const AccountId& reader, const protocol::MessageNew& message) {
    const bool own = message.sender == reader && !mutant(Mutant::own_messages_counted_as_unread);
    if (own) return Counts::not_at_all;
    if (message.deleted_by) {
        const bool all = message.names_all && !mutant(Mutant::deleted_mention_of_all_still_counted);
        return all ? Counts::as_mention_until_deleted : Counts::until_deleted;
    }
    const bool named =
        message.names_all || std::ranges::find(message.mentions, reader) != message.mentions.end();
    return named ? Counts::as_mention : Counts::as_unread;
}

/// What remains of it where the reader has blocked whoever wrote it.
inline Counts while_blocked(Counts counts, bool blocked) {
    return blocked && !mutant(Mutant::device_counts_the_blocked) ? Counts::not_at_all : counts;
}

inline Counts counts_for(const AccountId& reader, const protocol::ChangePayload& row) {
    const auto* message = std::get_if<protocol::MessageNew>(&row);
    return message ? counts_for(reader, *message) : Counts::not_at_all;
}

struct Tally {
    std::int64_t unread = 0;
    std::int64_t mentions = 0;

    friend bool operator==(const Tally&, const Tally&) = default;

    /// Takes in one row that was born at `born`, for a reader who has read up to `read`.
    void add(Counts counts, std::int64_t born, std::int64_t read) {
        const bool still = counts == Counts::as_unread || counts == Counts::as_mention;
        if (!still || born <= read) return;
        ++unread;
        if (counts == Counts::as_mention) ++mentions;
    }
};

/// Whether counts as of `one` are newer than counts as of `other`. Both are snapshots of one store, so that
/// normally one is at least as far in both streams; where they cross, the newer read position matters more,
/// since messages that are newer than a count are added by whoever holds them.
inline bool newer(const protocol::AsOf& one, const protocol::AsOf& other) {
    if (one.account != other.account) return one.account > other.account;
    return one.conversation > other.conversation;
}

}  // namespace parley::core::rules
