#pragma once

#include "base/mutant.hpp"
#include "base/result.hpp"
#include "core/local_database.hpp"
#include "core/ranges.hpp"
#include "core/rules/counts.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace parley::core {

/// Each restore of the server moves the numbers of all streams by at least one jump: what a number says of
/// how many lie before it.
inline std::int64_t restore_generation(std::int64_t seq) {
    return seq / limits::restore_jump;
}

/// What the device knows of one conversation's stream, besides its rows. See streams.hpp for how it moves.
struct Conversation {
    /// Key in the local database.
    std::int64_t number = 0;
    StreamId stream;

    /// False until `joined` or `conversation.state` told what it is; until then it only collects rows.
    bool known = false;
    /// False: one is out, and the server gives nothing more.
    bool present = false;
    /// `born` of the first row that one sees in the present membership.
    std::int64_t origin = 0;
    /// Of the last membership that ended: the last `seq` that one may see; 0: none ended.
    std::int64_t until = 0;
    protocol::Summary summary;
    std::optional<protocol::Preview> preview;

    /// The highest `seq` that the device was told of. A cursor below it owes a pull.
    std::int64_t head = 0;
    /// The newest moment that rows of one kind were told of: a state of before does not take them back.
    std::int64_t rows_as_of = 0;
    /// Every change up to here was applied, or is superseded by one that is still to come.
    std::int64_t cursor = 0;
    /// Up to here nothing is still to come: the last point at which the cursor stood at the head. Acks speak
    /// of it.
    std::int64_t solid = 0;
    /// Where the last jump set the cursor: what came by a page that is at least as new as this is kept by the
    /// cursor.
    std::int64_t base = 0;
    RangeSet ranges;

    /// A jump owes the removals after this, up to `removed_upto`.
    std::optional<std::int64_t> removed_after;
    std::int64_t removed_upto = 0;
    /// A jump owes the newest page; until then nothing is acknowledged.
    bool newest_owed = false;
    /// All member rows are to be fetched, going on after this `born`.
    std::optional<std::int64_t> members_after;
    bool settings_owed = false;
    /// How often that, or all members, came to be owed: an answer to a question of before settles nothing.
    std::int64_t rows_debts = 0;
    /// Head at the moment of the restore with which the history that is held began, where that is known.
    std::optional<std::int64_t> restored_from;

    /// Own read position as the server knows it.
    std::int64_t read = 0;
    /// The newest counts that the server told, and the read position to which they belong.
    struct Triple {
        rules::Tally tally;
        protocol::AsOf as_of;
        std::int64_t read = 0;
        friend bool operator==(const Triple&, const Triple&) = default;
    } triple;

    /// Position that the server surely knows to be on this device.
    std::int64_t acked = 0;
    /// Places of which own messages have reached, or were read by, everybody else who sees them. They only
    /// grow; between them lies what those who could read it never did before they went.
    RangeSet delivered_to_all;
    RangeSet read_by_all;

    // Not stored, since it can be had again.
    /// Every change in (live_low, live_high] was pushed on this connection and kept.
    std::int64_t live_low = 0;
    std::int64_t live_high = 0;
    /// Receipts may speak of what lies above `solid`: they are counted again when it moves.
    bool receipts_wait = true;
    /// Highest position acknowledged on this connection.
    std::int64_t ack_sent = 0;
    /// Highest own read position that waits in the outbox.
    std::int64_t read_pending = 0;
    /// Counts as the device adjusts them; absent: to be counted again.
    std::optional<rules::Tally> shown;
    /// Place and time of the newest message that the device holds or was told of; 0: none.
    std::int64_t newest_born = 0;
    WallTime newest_at;
    /// For slow mode: when the server took the newest own message, as far as the device has heard, or as it
    /// follows from what it was told to wait; 0: it has taken none. Absent: nobody has asked yet.
    std::optional<WallTime> said_at;
    /// Of which restore's numbers the last state spoke (restore_generation). What else comes on a connection
    /// may run ahead of its state and says nothing about what this device held before.
    std::int64_t told_generation = 0;
    /// The connection may still say by a state what a restore took away.
    bool state_owed = false;
    /// The head is no more than what the last joining promised: the row there may be still to be made.
    bool head_promised = true;
    /// What a restore of the server took away was marked on this connection.
    bool looked_through = false;
    /// One came in, or in again, since pulls looked last.
    bool just_joined = false;

    /// Members, settings and pins of whatever age are to be fetched, from now on.
    void owe_rows() {
        members_after = 0;
        settings_owed = true;
        ++rows_debts;
    }

    std::int64_t read_shown() const {
        if (read_pending > read && mutant(Mutant::read_of_some_is_of_all)) return head;
        return std::max(read, read_pending);
    }
    /// Where the last pull stopped short of the head, one more is owed even if pushed changes closed the
    /// hole: a row that changed meanwhile may have slipped from a part that was still to come into one that
    /// had been read.
    bool owes_changes() const { return known && present && solid < head; }
    bool owes_anything() const {
        return owes_changes() ||
               (known && present && (removed_after || newest_owed || members_after || settings_owed));
    }
    /// What it is told to be there is of a restored server, which has not said yet from where on it is
    /// another history: it is no measure of what is held.
    bool ahead_of_its_state() const { return state_owed && restore_generation(head) != told_generation; }
    /// How many changes lie between cursor and head; the jumps of restores are none.
    std::int64_t behind() const {
        const bool jump_between =
            restored_from && cursor <= *restored_from && head >= *restored_from + limits::restore_jump;
        return jump_between ? (head - cursor) % limits::restore_jump : head - cursor;
    }
    /// What may be acknowledged: nothing before the newest page after a jump is there.
    std::int64_t ackable() const {
        if (mutant(Mutant::acks_what_is_not_there)) return head;
        return newest_owed && !mutant(Mutant::acks_before_newest_page) ? 0 : solid;
    }
    void note_newest(std::int64_t born, WallTime at) {
        if (born < newest_born) return;
        newest_born = born;
        newest_at = at;
    }
};

/// All conversations that the device knows of, kept in memory and written back before each commit.
class Conversations {
  public:
    explicit Conversations(LocalDatabase& database) : database_(database) {}

    Status load();
    Conversation* find(const StreamId& stream);
    const Conversation* find(const StreamId& stream) const;
    /// The record of this stream, made where there is none.
    Conversation& open(const StreamId& stream);
    /// The direct conversation with this person, if the device knows one that it is in.
    const Conversation* direct_with(const AccountId& peer) const;

    /// To be called by whoever changes a stored field.
    void changed(Conversation& conversation) { changed_[conversation.number] = &conversation; }
    const std::map<std::int64_t, Conversation*>& changed() const { return changed_; }
    /// The same, where kind or peer may have changed, or whether one is in it.
    void described(Conversation& conversation);
    /// Writes what changed; inside the transaction.
    Status flush();
    void clear();

    const std::map<StreamId, std::unique_ptr<Conversation>>& all() const { return all_; }

  private:
    Status save(const Conversation& conversation);

    LocalDatabase& database_;
    std::map<StreamId, std::unique_ptr<Conversation>> all_;
    std::map<AccountId, StreamId> direct_;
    std::map<std::int64_t, Conversation*> changed_;
    std::int64_t next_number_ = 1;
};

}  // namespace parley::core
