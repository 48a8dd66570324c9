#pragma once

#include "base/result.hpp"
#include "core/output.hpp"
#include "core/rows.hpp"
#include "core/view.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace parley::core {

/// What the person has set for himself in conversations, as the server has it: two rows per conversation of
/// the account's own stream, the preferences and the draft. What still waits in the outbox comes on top of it
/// (outbox_own.cpp).
///
/// An answer may overtake the row of which it speaks, where a resume has not come that far. What was done is
/// shown from then on, until that row or a later one is here.
class OwnSettings {
  public:
    OwnSettings(Rows& rows, Output& output) : rows_(rows), output_(output) {}

    /// From the rows that are held.
    Status load();

    // Getters.
    protocol::PreferencesChanged preferences(const StreamId& conversation) const;
    Result<std::optional<DraftView>> draft(const StreamId& conversation) const;
    /// The number of that: what its writer has before him who begins another; 0: there was none.
    std::int64_t draft_seen(const StreamId& conversation) const;
    /// When the next mute ends after this moment, by the server's clock; those that never do left out.
    std::optional<WallTime> next_unmuting(WallTime after) const;

    // Input.
    /// A row of one of the two types has a new state.
    void handle_row(const protocol::Change& change);
    /// A command of one of the two types is done, by the change with this number. False: a later one is known
    /// already.
    bool handle_done(const StreamId& conversation, const protocol::Payload& command, std::int64_t seq,
                     WallTime at);
    /// The server was restored: numbers of before mean nothing, and rows may be gone.
    void handle_restored();
    /// All rows that the restored server has are here.
    Status handle_told();
    /// The latest time of the server that is known was `before`, and is `now`: mutes have ended in between,
    /// or hold again.
    void handle_time(WallTime before, WallTime now);
    void clear();

  private:
    struct Own {
        std::optional<protocol::PreferencesChanged> preferences;
        std::int64_t preferences_seq = 0;
        /// Place of the draft's row; 0: there is none.
        std::int64_t draft_born = 0;
        std::int64_t draft_seq = 0;
        /// The same, also of before a restore.
        std::int64_t draft_seen = 0;
        /// What the row is going to say.
        std::optional<DraftView> draft_done;
    };

    void set(const StreamId& conversation, protocol::PreferencesChanged preferences, std::int64_t seq);
    void touch(const StreamId& conversation);

    Rows& rows_;
    Output& output_;
    std::map<StreamId, Own> all_;
    /// When mutes end, and whose.
    std::set<std::pair<WallTime, StreamId>> ends_;
    bool restored_ = false;
};

}  // namespace parley::core
