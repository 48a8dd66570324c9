#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "server/store/accounts.hpp"
#include "server/store/blocks.hpp"
#include "server/store/commands.hpp"
#include "server/store/conversations.hpp"
#include "server/store/earlier_texts.hpp"
#include "server/store/links.hpp"
#include "server/store/rows.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace parley::server {

/// How much of what a run of the server committed is in the store.
struct Shared {
    enum class With : std::uint8_t {
        /// A run of this store.
        own,
        /// A run that this store knows nothing of: it went on from an earlier state of this one, and was lost
        /// when that was put back.
        lost,
        /// A run so long ago, or of a program so old, that nothing is known of it.
        unknown
    };
    With with = With::unknown;
    std::int64_t upto = 0;
};

/// Of a new store.
inline constexpr std::int64_t first_epoch = 1;
/// Counters move to `epoch * limits::restore_jump` and beyond: what JSON carries ends there.
inline constexpr std::int64_t epoch_max = (std::int64_t{1} << 23) - 2;

/// Where this store and a history that is lost parted, as far as it is known.
struct Parting {
    /// Commit position up to which both are the same.
    std::int64_t shared_upto = 0;
    /// The highest epoch of the lost one that was heard of; 0: none.
    std::int64_t epoch_seen = 0;
    WallTime at;
};

/// What can be read of the store at one moment. Reads return plain values: where the store cannot be read,
/// they return nothing, and from then on `status` is that error; so whoever opened a view looks at `status`
/// before anything that follows from it leaves the process.
class View {
  public:
    virtual ~View() = default;

    virtual Rows& rows() = 0;
    virtual EarlierTexts& earlier_texts() = 0;
    virtual Conversations& conversations() = 0;
    virtual Accounts& accounts() = 0;
    virtual Links& links() = 0;
    virtual Blocks& blocks() = 0;
    virtual Commands& commands() = 0;

    virtual std::int64_t epoch() = 0;
    /// Of the last commit that the view sees.
    virtual std::int64_t position() = 0;
    /// The run of the server that this one is: a number that no other run has, nor one of a copy.
    virtual std::int64_t life() = 0;
    /// What that run committed is in this store up to here, and nothing else is.
    virtual Shared shared_with(std::int64_t life) = 0;
    virtual Status status() = 0;
};

/// A consistent read view of the store, used by one thread at a time; what it reads stays the same until it
/// is dropped. To be dropped before its store.
class Snapshot : public View {};

/// The one transaction under way. Reads see its own writes. Whether it commits is decided by the store; a
/// failed `status` rolls all of it back.
class Transaction : public View {
  public:
    virtual RowWrites& row_writes() = 0;
    virtual EarlierTextWrites& earlier_text_writes() = 0;
    virtual ConversationWrites& conversation_writes() = 0;
    virtual AccountWrites& account_writes() = 0;
    virtual LinkWrites& link_writes() = 0;
    virtual BlockWrites& block_writes() = 0;
    virtual CommandWrites& command_writes() = 0;

    /// The commit position that this stream has in this transaction: taken at the first call, the same
    /// afterwards.
    virtual std::int64_t position_of(StreamKey stream) = 0;
    /// A number for a new account, device or conversation, larger than all before.
    virtual std::int64_t next_key(WallTime at) = 0;
    virtual void random(std::span<std::uint8_t> bytes) = 0;
    /// Begins another epoch, as a restore does, with a greater number than all that are known: each counter
    /// moves beyond all that was ever given, and the head of before stays as `restored_from`; of what moved
    /// behind `shared_upto`, the head that it had there. What was read before is void. An error leaves
    /// everything as it was, or stands in `status`.
    virtual Status begin_epoch(const Parting& parting) = 0;
    /// What only grows the store is to be refused with `disk_full`.
    virtual bool disk_nearly_full() const = 0;
    /// How many writes there were, so that a refusal can be held to having made none, and a success that made
    /// none need not be remembered.
    virtual std::int64_t writes() const = 0;
};

}  // namespace parley::server
