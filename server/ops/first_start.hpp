#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "server/domain/rules.hpp"
#include "server/store/store.hpp"

#include <string>

namespace parley::server {

/// An invite by the operator, decided by the store; before the writer runs, or through it as work of the same
/// kind.
Result<protocol::Invite> make_invite(Store& store, const OperatorInvite& invite, WallTime now);

/// How a shell on this machine calls the command-line client: by name where the one that belongs to this
/// program is on the PATH, else by its path.
std::string client_program();

struct GreetingOptions {
    /// Of this server.
    std::string url;
    /// The url leads here from this machine alone, though others can connect.
    bool of_this_machine_only = false;
    /// As client_program says.
    std::string parley;
};

/// What the start prints: where the server is, and, while nobody administers it, two commands for two
/// terminals after which two persons talk. Makes the invites for that; the one for the administrator stays
/// the same until it is used.
Result<std::string> greeting(Store& store, const Rules& rules, const GreetingOptions& options, WallTime now);

}  // namespace parley::server
