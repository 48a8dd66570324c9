#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "server/domain/keys.hpp"
#include "server/domain/stamp.hpp"
#include "server/domain/sync_token.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley::server {

/// Whose work it is and where its answer goes.
struct Origin {
    /// Number of the shard that the session lives on.
    std::uint32_t shard = 0;
    SessionKey session;
    AccountKey account;
    DeviceKey device;
    /// The command's id: for the answer's `re` and for idempotence. Absent for work without either (acks).
    std::optional<Uuid> command;
    /// The command that this one follows (see the envelope's `follows`).
    std::optional<Uuid> follows;
    /// When the frame or call with it came in.
    Stamp received;
};

/// Work that only HTTP or the operator brings; passwords are hashed before.
struct RegisterAccount {
    std::string handle;
    std::string name;
    std::string password_hash;
    std::string invite;
    std::string device_name;
};
/// After the password was verified against `password_hash` as read before; refused with `credentials` where
/// it has changed since.
struct AddDevice {
    AccountKey account;
    std::string password_hash;
    std::string device_name;
};
/// A refresh token whose MAC was verified.
struct UseRefreshToken {
    DeviceKey device;
    std::int64_t number = 0;
};
/// Acks of many sessions, collected for a moment; `origin` of the work is empty.
struct Acks {
    struct One {
        AccountKey account;
        DeviceKey device;
        ConversationKey conversation;
        std::int64_t seq = 0;
    };
    /// To which the numbers belong; those of an epoch that has ended meanwhile say nothing.
    std::int64_t epoch = 0;
    std::vector<One> acks;
    /// How often they came back unwritten.
    int tries = 0;
};
/// A device of the account came with this token of ours, which is ahead of the store; `origin` has no
/// command.
struct TokenAhead {
    SyncToken token;
};
/// By the operator on the command line.
struct OperatorInvite {
    std::int64_t uses = 1;
    Duration lasts;
    /// Registering with it makes an administrator.
    bool administrator = false;
};

/// The next slice of what follows from commits (FollowUpOwed); `origin` of the work has no command.
struct FollowUp {
    /// So many of what is owed longest are left out: they failed.
    std::int64_t skip = 0;
};

using Command =
    std::variant<protocol::MessageSend, protocol::MessageEdit, protocol::MessageDelete,
                 protocol::MessageReact, protocol::MessagePin, protocol::Read, protocol::ConversationCreate,
                 protocol::ConversationRename, protocol::MemberAdd, protocol::MemberRemove,
                 protocol::ConversationLeave, protocol::MemberRole, protocol::ConversationPermissions,
                 protocol::OwnershipTransfer, protocol::HistoryShare, protocol::SlowModeSet,
                 protocol::LinkCreate, protocol::LinkRevoke, protocol::LinkJoin, protocol::PreferencesSet,
                 protocol::DraftSet, protocol::ProfileSet, protocol::BlockSet, protocol::DeviceRevoke,
                 protocol::InviteCreate, RegisterAccount, AddDevice, UseRefreshToken, Acks, TokenAhead,
                 OperatorInvite, FollowUp>;

/// One thing that must be decided inside a write transaction.
struct Work {
    Origin origin;
    Command command;
    /// The server's clock when it was received.
    WallTime at;
};

/// A device that signed in or renewed its tokens; the caller mints the tokens.
struct SignedIn {
    AccountKey account;
    DeviceKey device;
    /// Number of the refresh token to give out.
    std::int64_t refresh_number = 0;
};

/// The answer to a success: what goes into the envelope besides `re`.
struct Answer {
    std::variant<protocol::MessageAccepted, protocol::ReadOk, protocol::ConversationCreated,
                 protocol::MessageReacted, protocol::Done, protocol::Invite, protocol::LinkMade,
                 protocol::LinkJoined, SignedIn>
        payload;
    StreamId stream;
    std::optional<std::int64_t> seq;
    WallTime timestamp;
};

}  // namespace parley::server
