#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "server/domain/keys.hpp"
#include "server/domain/sync_token.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::server {

struct RegisterAccount;  // server/domain/work.hpp
struct Rules;            // server/domain/rules.hpp
class Snapshot;          // server/store/view.hpp: one consistent read view of the store
class View;              // the same, or what a transaction sees

/// One frame's worth of a resume.
struct ResumePart {
    /// Account changes or conversation states, in order, at most page_rows_max and page_bytes_max.
    std::vector<protocol::Envelope> envelopes;
    /// Covers everything up to and including this part.
    SyncToken token;
    /// Position of the snapshot that this part was read from.
    std::int64_t position = 0;
    /// Nothing more is owed as of `position`: the session may go live from there.
    bool finished = false;
    /// The token was given for commits that this store does not have: an older copy of it was put back.
    /// Nothing can be told in this epoch, and the part is empty; TokenAhead is owed.
    bool ahead = false;
    /// With `finished`: the conversations that are open for the account, as of `position`, by key.
    std::vector<ConversationKey> open;
    /// The same: whom the account has blocked, by key.
    std::vector<AccountKey> blocked;
};

/// The next part after `token`; an absent token is a new device: everything. A token of another epoch is
/// answered from the start, with `restored_from` in the states.
Result<ResumePart> resume_part(Snapshot& snapshot, AccountKey account, const std::optional<SyncToken>& token);

/// The conversation that a stream names, of which the reader is a member; else `conversation.not_member`.
Result<ConversationKey> conversation_of(Snapshot& snapshot, AccountKey reader, const StreamId& stream);

Result<protocol::ChangesOk> changes(Snapshot& snapshot, AccountKey reader, const protocol::Changes& request);
/// From where on a stream of the reader's can be read: what goes with `too_old`.
std::int64_t floor_of(Snapshot& snapshot, AccountKey reader, const StreamId& stream);
Result<protocol::PageOk> page(Snapshot& snapshot, AccountKey reader, const protocol::Page& request);
Result<protocol::RowsOk> rows(Snapshot& snapshot, AccountKey reader, const protocol::Rows& request);
/// As many of a message's earlier texts as fit into one answer.
Result<protocol::MessageHistoryOk> message_history(Snapshot& snapshot, AccountKey reader,
                                                   const protocol::MessageHistory& request);
/// The invite links of a group, for who may invite.
Result<protocol::Links> links(Snapshot& snapshot, AccountKey reader, const protocol::LinkList& request);
/// What joining by a link leads to; refused as that would be at `now`, but where the group is full.
Result<protocol::LinkView> look(Snapshot& snapshot, AccountKey reader, const protocol::LinkLook& request,
                                WallTime now);
Result<protocol::Profiles> find_profiles(Snapshot& snapshot, const protocol::ProfileFind& request);
Result<protocol::DeviceList> devices(Snapshot& snapshot, AccountKey account);
Result<protocol::BlockList> blocks(Snapshot& snapshot, AccountKey account);
/// Whom the account has blocked, by key. An error stands in the view's status.
std::vector<AccountKey> blocked_by(View& view, AccountKey account);
Result<protocol::ProfileChanged> profile(Snapshot& snapshot, AccountKey account);
/// States of present conversations, latest moved first; as many as fit. `after`: of the list before, the
/// commit position at which the last of it moved; 0: the first. Nothing is seen twice. A conversation that
/// had not been reached and moves before the next list is asked for is in none of them, since it now stands
/// above: whoever needs all begins again, or resumes.
Result<protocol::ConversationList> conversation_states(Snapshot& snapshot, AccountKey account,
                                                       std::int64_t after);

/// What `auth` and sign-in need to know of a device and of an account.
struct DeviceFacts {
    AccountKey account;
    bool present = false;
    /// Why not, as in `DeviceRecord`.
    bool token_reused = false;
};
/// Nothing where there never was such a device; an error where the store could not be read.
Result<std::optional<DeviceFacts>> device_facts(Snapshot& snapshot, DeviceKey device);
struct PasswordFacts {
    AccountKey account;
    std::string password_hash;
};
Result<std::optional<PasswordFacts>> password_facts(Snapshot& snapshot, std::string_view handle);

/// Refuses what RegisterAccount would refuse for its invite or its handle. For asking before the password is
/// hashed: what may be done now is decided anew when it is done.
Status may_register(Snapshot& snapshot, const Rules& rules, const RegisterAccount& command, WallTime at);

/// What the first start has to offer: invites for the first administrator and the second person.
struct StartFacts {
    std::int64_t accounts = 0;
    bool has_administrator = false;
    /// The code of an operator's invite for an administrator that is not used up or expired at `now`; may be
    /// empty.
    std::string administrator_invite;
};
Result<StartFacts> start_facts(Snapshot& snapshot, WallTime now);

}  // namespace parley::server
