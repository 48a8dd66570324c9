#pragma once

#include "protocol/generated/cpp/changes.hpp"
#include "protocol/generated/cpp/structs.hpp"
#include "server/domain/keys.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace parley::server {

/// Any stream. The numbers of accounts and conversations come from one counter, so they never meet.
struct StreamKey {
    std::int64_t value = 0;

    StreamKey() = default;
    explicit StreamKey(ConversationKey key) : value(key.value) {}
    explicit StreamKey(AccountKey key) : value(key.value) {}
    friend auto operator<=>(StreamKey, StreamKey) = default;
    friend bool operator==(StreamKey, StreamKey) = default;
};

/// Names a row that exists once in its stream, however often it changes. Messages have none.
struct Slot {
    std::int64_t value = 0;

    static Slot message() { return {0}; }
    static Slot settings() { return {2}; }
    static Slot member(AccountKey account) { return {account.value * 16 + 1}; }
    static Slot membership(ConversationKey conversation) { return {conversation.value * 16 + 3}; }
    static Slot read(ConversationKey conversation) { return {conversation.value * 16 + 4}; }
    static Slot device(DeviceKey device) { return {device.value * 16 + 5}; }
    static Slot profile() { return {6}; }
    static Slot preferences(ConversationKey conversation) { return {conversation.value * 16 + 7}; }
    static Slot draft(ConversationKey conversation) { return {conversation.value * 16 + 8}; }
    static Slot block(AccountKey account) { return {account.value * 16 + 10}; }
    /// Of the message at this place.
    static Slot pin(std::int64_t message) { return {message * 16 + 9}; }
};

constexpr std::int64_t last_born = std::numeric_limits<std::int64_t>::max();

/// Numbers from `first` to `last`, both included.
struct BornRange {
    std::int64_t first = 1;
    std::int64_t last = last_born;

    bool contains(std::int64_t born) const { return first <= born && born <= last; }
};

/// Whether one of them does.
inline bool contain(std::span<const BornRange> ranges, std::int64_t born) {
    return std::ranges::any_of(ranges, [&](const BornRange& one) { return one.contains(born); });
}

/// Of a direct conversation, whether what hangs on a message was made where the reader sees what happens, and
/// not while he had blocked who made it: a reaction by its place, which stays when it is taken back, a pin by
/// its latest change, or by its place, since a device may hold an earlier state of that row. What is no more
/// is told in any case where it was a pin: it may have been seen.
inline bool is_made_in(std::span<const BornRange> visible, const protocol::Change& row) {
    if (const auto* pin = std::get_if<protocol::PinChanged>(&row.payload))
        return pin->removed || contain(visible, row.seq) || contain(visible, row.born);
    return !std::holds_alternative<protocol::ReactionChanged>(row.payload) || contain(visible, row.born);
}

/// A row as it is kept.
struct RowToWrite {
    StreamKey stream;
    Slot slot;
    /// Of a message that is new: its sender. Of a reaction: whose it is.
    AccountKey author;
    /// The row is a tombstone, or says that somebody or something is no longer there.
    bool gone = false;
    const protocol::Change& change;
};

/// Bounds of one reading. The first row always fits.
struct RowLimits {
    std::int64_t rows_max = 0;
    /// Bytes that the rows take in a frame, by an estimate that is never too low.
    std::int64_t bytes_max = 0;
};

struct RowsFound {
    std::vector<protocol::Change> rows;
    /// There are more than fit.
    bool more = false;
    /// The `seq` or `born` (as asked) of the last row that was read, bad ones included; of messages with
    /// their reactions that of the last message of which nothing is left. 0: there was none.
    std::int64_t passed = 0;
    /// Of the first message not all reactions fit: they go on here, and nothing was passed.
    std::optional<protocol::PageRest> rest;
    std::int64_t bytes = 0;
};

struct ChangedSince {
    StreamKey stream;
    std::int64_t after = 0;
    /// Messages outside are left out, with reactions to them and their pins; other rows never are. Ascending.
    std::span<const BornRange> visible;
    /// Of a direct conversation: reactions and pins that were made outside are left out, too (`is_made_in`).
    bool direct = false;
    bool only_gone = false;
    RowLimits limits;
};

struct MessagesWanted {
    StreamKey stream;
    BornRange range;
    /// Only those whose `seq` is above.
    std::int64_t since = 0;
    bool newest_first = false;
    /// Behind each message the reactions to it, in order of `born`, also those that were taken back: who
    /// holds nothing of them would not know that they are back after a restore. With `since` those that
    /// changed, also where the message did not. One that does not fit with all of them is left for the next
    /// reading, but for the first of all.
    bool reactions = false;
    /// Of a direct conversation: only those that were made in here (`is_made_in`). Empty: all.
    std::span<const BornRange> reactions_in = {};
    /// Where the reactions to the first message go on; without effect where the first is another one.
    std::optional<protocol::PageRest> rest;
    RowLimits limits;
};

/// One person's reaction to a message with one emoji; none (""): one that was taken back.
struct ReactionKey {
    StreamKey stream;
    /// `born` of the message.
    std::int64_t message = 0;
    AccountKey account;
    std::string_view emoji;
};

struct ReactionCounts {
    /// Different ones at the message.
    std::int64_t emoji = 0;
    /// The one that was asked for is among them.
    bool this_one = false;
    /// With so many the account has reacted.
    std::int64_t own = 0;
};

struct MessageCounts {
    std::int64_t all = 0;
    /// Of those, by the account that was asked for.
    std::int64_t own = 0;
};

struct MessageFound {
    StreamKey stream;
    std::int64_t born = 0;
    /// Nothing where the row is bad: it is known, but what it says is not.
    std::optional<protocol::Change> change;
    /// The index led to the place of another message: where this one stands, if it does, is not known.
    bool misled = false;
};

/// Reads the rows of all streams. A row whose checksum does not fit, or that cannot even be taken apart, is
/// reported to the host and left out, and what stands around it is read. Where that is too much, or the file
/// cannot be read, the whole view fails (see View::status).
class Rows {
  public:
    virtual ~Rows() = default;

    /// In order of `seq`, each row once.
    virtual RowsFound changed_since(const ChangedSince& wanted) = 0;
    /// In order of `born`, rising or (newest_first) falling.
    virtual RowsFound messages(const MessagesWanted& wanted) = 0;
    /// Rows of one kind with `born` above `after`, in order of `born`: settings, members, or pins; of these
    /// only what is pinned.
    virtual RowsFound of_kind(StreamKey stream, protocol::Type kind, std::int64_t after,
                              RowLimits limits) = 0;
    /// The message that `author` sent with this id, wherever.
    virtual std::optional<MessageFound> message(AccountKey author, const Uuid& id) = 0;
    /// Place of a message with this id in this stream, whoever sent it, also where its row is bad or it was
    /// deleted; 0: there is none.
    virtual std::int64_t message_place(StreamKey stream, const Uuid& id) = 0;
    /// Deleted ones too.
    virtual MessageCounts count_messages(StreamKey stream, BornRange range, AccountKey own) = 0;
    /// Places of the messages that the author wrote there and nobody deleted, ascending. Costs what stands in
    /// the range.
    virtual std::vector<std::int64_t> places_of(StreamKey stream, BornRange range, AccountKey author) = 0;
    /// Place of the row in the slot; 0: none was ever made.
    virtual std::int64_t place(StreamKey stream, Slot slot) = 0;
    /// That row; nothing where none was ever made, or it is bad.
    virtual std::optional<protocol::Change> in_slot(StreamKey stream, Slot slot) = 0;
    /// That row; nothing where there is none, or it is bad.
    virtual std::optional<protocol::Change> reaction(const ReactionKey& key) = 0;
    /// Where the account's reactions to the message stand that were taken back, ascending.
    virtual std::vector<std::int64_t> reactions_taken_back(const ReactionKey& key) = 0;
    virtual ReactionCounts count_reactions(const ReactionKey& key) = 0;
};

class RowWrites {
  public:
    virtual ~RowWrites() = default;

    /// A new row; `change.born` equals `change.seq`.
    virtual void insert(const RowToWrite& row) = 0;
    /// The row at `change.born` in its new state.
    virtual void replace(const RowToWrite& row) = 0;
    /// All reactions to the message at this place go, without a trace: it is being deleted.
    virtual void drop_reactions(StreamKey stream, std::int64_t message) = 0;
    /// Its pin, too, whether it is pinned or was once.
    virtual void drop_pin(StreamKey stream, std::int64_t message) = 0;
};

}  // namespace parley::server
