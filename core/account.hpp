#pragma once

#include "base/result.hpp"
#include "core/blocks.hpp"
#include "core/identity.hpp"
#include "core/outbox.hpp"
#include "core/output.hpp"
#include "core/own_settings.hpp"
#include "core/profiles.hpp"
#include "core/rows.hpp"
#include "core/streams.hpp"

#include <cstdint>
#include <string>

namespace parley::core {

/// The account's own stream: conversations joined and left, read positions, what is set for oneself, devices,
/// the profile.
///
/// While resuming, its changes come in order of `seq` but without those that were superseded; the token at
/// the end of each frame covers them, and is stored in the same transaction. Live, the next number moves the
/// cursor; a hole makes the device `behind`, which is stored too, so that a pull is owed even after a
/// restart.
///
/// A new epoch (the server was restored) makes every row replaceable and fetches all of them again. Those
/// that do not come are gone there, and with them the conversations that they told of. Drafts that were lost,
/// or may be, this device writes again.
class Account {
  public:
    Account(IdentityStore& identity, Rows& rows, Streams& streams, Conversations& conversations,
            Profiles& profiles, OwnSettings& own_settings, Blocks& blocks, Outbox& outbox, Output& output)
        : identity_(identity),
          rows_(rows),
          streams_(streams),
          conversations_(conversations),
          profiles_(profiles),
          own_settings_(own_settings),
          blocks_(blocks),
          outbox_(outbox),
          output_(output) {}

    // Input.
    Status handle_change(const protocol::Change& change, WallTime now);
    /// A token that covers everything that was pushed before it on this connection.
    void handle_token(const std::string& token);
    Status handle_resumed(const protocol::Resumed& resumed);
    /// The answer to `changes` on this stream.
    Status handle_changes(const protocol::ChangesOk& changes, WallTime now);
    void handle_disconnected();

    // Commands.
    /// The next resume tells everything again.
    void start_over();
    /// As that of Streams.
    Status look_again();

  private:
    Status store(const protocol::Change& change, WallTime now);
    Status keep_lost_draft(const protocol::Change& told, WallTime now);
    Status forget_lost(WallTime now);
    Status forget_lost_conversations();

    IdentityStore& identity_;
    Rows& rows_;
    Streams& streams_;
    Conversations& conversations_;
    Profiles& profiles_;
    OwnSettings& own_settings_;
    Blocks& blocks_;
    Outbox& outbox_;
    Output& output_;

    bool live_ = false;
    /// The cursor when this connection began.
    std::int64_t began_at_ = 0;
    /// Highest number that was pushed on this connection.
    std::int64_t seen_ = 0;
};

}  // namespace parley::core
