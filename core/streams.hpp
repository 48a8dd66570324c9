#pragma once

#include "base/result.hpp"
#include "core/blocks.hpp"
#include "core/conversation.hpp"
#include "core/identity.hpp"
#include "core/outbox.hpp"
#include "core/output.hpp"
#include "core/profiles.hpp"
#include "core/receipts.hpp"
#include "core/rows.hpp"

#include <cstdint>
#include <set>

namespace parley::core {

/// Conversations as streams: what pushed changes, states, joinings and answers to pulls do to rows, cursors,
/// heads and ranges.
///
///     seq   1 ............ solid ......... cursor ....... live_low ===== live_high == head
///           everything is here | each row that    | nothing,   | pushed and
///           (a range, live)    | did not change   | or here    | kept
///                              | since            | and there  |
///
/// * A row is replaced only by a later state of it (rows.hpp), so that everything may come twice and in any
///   order. One that cannot be read counts as any other (rows.hpp).
/// * The cursor moves by what begins where it stands: a pushed change with the next number, an answer to
///   `changes` that was asked from it; then on over what was pushed and kept. A cursor below the head owes a
///   pull.
/// * `solid` follows only when an answer has reached the head of its moment (`more` is false): before that,
///   rows may be missing that changed after the part that was read. What lies below it is a live range, and
///   may be acknowledged.
///
/// How a conversation comes into being on a device, and what befalls it:
///
///   * joined {from}, or its state, for the first time: cursor = from - 1. Pushed changes begin with `from`;
///     where the head lies above the cursor, a pull is owed, and where it lies far above, a jump. Members and
///     settings that are older are fetched by `rows`, and pages fetch what one may see of earlier times.
///   * far behind, true or `too_old` (a jump): cursor = solid = base = head. Where anything is held, the
///     removals after the old cursor are owed first, and what was live is true as of `solid` from now on;
///     then the newest page, settings and members, and in the background older pages.
///   * joined again: as a jump to from - 1; what lies between the memberships is left to pages.
///   * left: nothing is owed any more; everything held stays. Where it ends in another history than the one
///     that was told last, what restores took away may be back: it is in doubt, as nobody says so any more.
///     Where it ends before the joining, which a restore took away, so is what stood by then and has changed
///     since.
///   * state with `restored_from` R, or a new epoch: rows with a `seq` above R are marked *not on the
///     server*. Ranges and `solid` go back to R, and the cursor to `solid`, so that everything above is
///     fetched again, with what a pull left out since it had changed later. Where rows that are older have
///     lost their latest change, the newest page is owed, as after a jump. Where R itself has a number that
///     an earlier restore made, which this device slept through, everything is fetched.
class Streams {
  public:
    Streams(Conversations& conversations, Rows& rows, Outbox& outbox, Profiles& profiles, Receipts& receipts,
            const Blocks& blocks, IdentityStore& identity, Output& output)
        : conversations_(conversations),
          rows_(rows),
          outbox_(outbox),
          profiles_(profiles),
          receipts_(receipts),
          blocks_(blocks),
          identity_(identity),
          output_(output) {}

    // Input: what is pushed.
    Status handle_change(const StreamId& stream, const protocol::Change& change, WallTime now);
    void handle_skip(const StreamId& stream, std::int64_t seq);
    Status handle_state(const StreamId& stream, const protocol::ConversationState& state);

    // Input: what the account stream says of conversations.
    Status handle_joined(const protocol::Joined& joined);
    Status handle_left(const protocol::Left& left);
    void handle_counts(Conversation& conversation, const Conversation::Triple& triple);
    /// Whom the person has blocked is another: what counts, and who has a say in receipts.
    void handle_blocks_changed();

    // Input: what pulls bring.
    Status handle_changes(Conversation& conversation, const protocol::ChangesOk& changes, WallTime now);
    Status handle_removed(Conversation& conversation, const protocol::ChangesOk& changes, WallTime now);
    /// A part of a page, which covers nothing yet.
    Status handle_part(Conversation& conversation, const protocol::PageOk& page, WallTime now);
    Status handle_page(Conversation& conversation, const protocol::Page& asked, const protocol::PageOk& page,
                       WallTime now);
    /// `settles`: they were asked for since they are owed.
    Status handle_rows(Conversation& conversation, const protocol::Rows& asked, const protocol::RowsOk& rows,
                       bool settles, WallTime now);

    // Input: the connection, and which server it leads to.
    /// A new connection pushes anew.
    void handle_disconnected();
    /// All states that the connection has to tell were told.
    void handle_resumed();
    /// The server was restored, maybe from the same backup as before: what was restored is looked through
    /// anew.
    Status handle_restored();
    /// A restored server does not know it any more.
    Status handle_lost(const StreamId& stream);

    // Commands.
    /// Finds the newest message of each conversation.
    Status load();
    /// Leaves what lies between cursor and head to pages.
    void jump(Conversation& conversation);
    /// This version may read rows that the one before could not: what has changed since the first of them is
    /// owed again.
    Status look_again();
    /// Before the end of a transaction: what is counted once for all its changes.
    Status settle();

    static std::optional<std::string> check(const Conversation& conversation);

  private:
    Status store(Conversation& conversation, const protocol::Change& change, WallTime now);
    Status note_message(Conversation& conversation, const protocol::Change& change, Applied applied,
                        WallTime now);
    Status note_member(Conversation& conversation, const protocol::MemberChanged& member);
    void note_settings(Conversation& conversation, const protocol::ConversationChanged& settings);
    Status note_what_is_newer(Conversation& conversation, std::int64_t state_head);
    Status begin(Conversation& conversation, std::int64_t from, const protocol::Summary& summary);
    Status rejoin(Conversation& conversation, std::int64_t from);
    static std::int64_t certain_upto(const Conversation& conversation, std::int64_t restored_from);
    Status restore(Conversation& conversation, std::int64_t restored_from, std::int64_t head);
    static void skip_jump(Conversation& conversation, std::int64_t restored_from);
    Status fetch_anew(Conversation& conversation, std::int64_t certain);
    Result<bool> newest_may_be_missing(const Conversation& conversation);
    Status forget_lost_copies(const Conversation& conversation, const Uuid& id, const AccountId& sender);
    static void doubt(Conversation& conversation);
    Status forget_joining(Conversation& conversation, std::int64_t until);
    void received(Conversation& conversation, std::int64_t seq);
    Status forget_lost_preview(Conversation& conversation, const Range& lost);
    Status find_newest(Conversation& conversation);
    Status note_newest_row(Conversation& conversation);
    void leap(Conversation& conversation);
    void advance(Conversation& conversation, std::int64_t seq);
    void hold(Conversation& conversation);
    void changed(Conversation& conversation);

    Conversations& conversations_;
    Rows& rows_;
    Outbox& outbox_;
    Profiles& profiles_;
    Receipts& receipts_;
    const Blocks& blocks_;
    IdentityStore& identity_;
    Output& output_;
    /// Whose members changed in this transaction.
    std::set<StreamId> recount_;
};

}  // namespace parley::core
