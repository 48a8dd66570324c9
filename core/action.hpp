#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace parley::core {

/// Open the one connection to the server (`/v1/socket`, subprotocol of the core's encoding). The host answers
/// with `handle_connected` or `handle_disconnected`. An open one is closed first, without a word.
struct OpenSocket {
    friend bool operator==(const OpenSocket&, const OpenSocket&) = default;
};

/// Send one frame on the open connection; lost silently where there is none.
struct SendFrame {
    std::string bytes;
    friend bool operator==(const SendFrame&, const SendFrame&) = default;
};

/// Close the connection; no `handle_disconnected` follows.
struct CloseSocket {
    std::uint16_t code = 1000;
    friend bool operator==(const CloseSocket&, const CloseSocket&) = default;
};

/// Call the server by HTTP; the host answers once with `handle_http_response` and the same number. Bodies are
/// JSON.
struct CallHttp {
    std::uint64_t call = 0;
    std::string method;
    std::string path;
    std::string body;
    /// For the Authorization header ("Bearer …"); empty: none. Secret.
    std::string bearer;
    friend bool operator==(const CallHttp&, const CallHttp&) = default;
};

/// Arm the one timer: call `handle_timer` at this moment, or right after it. Replaces the earlier one;
/// nothing disarms it.
struct ArmTimer {
    std::optional<Instant> at;
    friend bool operator==(const ArmTimer&, const ArmTimer&) = default;
};

enum class Connection : std::uint8_t {
    signed_out,   ///< No session that the server takes: the person must sign in. The database is kept.
    offline,      ///< Waiting for the network or for the next try.
    connecting,   ///< Until `auth.ok`.
    catching_up,  ///< From `auth.ok` until everything that the device owes itself is pulled.
    online,       ///< Live.
    revoked,      ///< This device was signed out elsewhere; the local database was erased.
    replaced,     ///< The same device connected elsewhere; this core stands still until `connect`.
    lease_lost,   ///< Another core owns the database now; this one does nothing more.
    broken,       ///< The local database failed; this core does nothing more until it is opened again.
};

/// What a user interface is told. Each says what to ask for again; none carries a state that could be missed.
struct ConnectionChanged {
    Connection now{};
    friend bool operator==(const ConnectionChanged&, const ConnectionChanged&) = default;
};
struct ListChanged {
    friend bool operator==(const ListChanged&, const ListChanged&) = default;
};
struct ConversationTouched {
    StreamId stream;
    friend bool operator==(const ConversationTouched&, const ConversationTouched&) = default;
};
/// An own command was answered for good: accepted, or failed with the reason.
struct CommandSettled {
    Uuid command;
    std::optional<Error> failure;
    /// The conversation that it went to or made; empty where there is none.
    StreamId stream;
    /// The reply, for commands that ask for something (invite, profiles).
    std::optional<protocol::Payload> reply;
};
/// A sign-in or registration ended.
struct SignInEnded {
    std::optional<Error> failure;
};
/// The server was told of an own sign-out. With a failure it did not confirm it, and may still list this
/// device.
struct SignOutEnded {
    std::optional<Error> failure;
};

/// The badge is another one than the last that was asked for, or told of.
struct BadgeChanged {
    friend bool operator==(const BadgeChanged&, const BadgeChanged&) = default;
};

using Notice = std::variant<ConnectionChanged, ListChanged, ConversationTouched, CommandSettled, SignInEnded,
                            SignOutEnded, BadgeChanged>;

/// Everything that a core asks of its host, in order.
using Action = std::variant<OpenSocket, SendFrame, CloseSocket, CallHttp, ArmTimer, Notice>;

}  // namespace parley::core
