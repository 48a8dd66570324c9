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

/// What the start prints: where the server is, and, while they are missing, how the first two persons come
/// in. Makes the invites for that; the one for the administrator stays the same until it is used.
Result<std::string> greeting(Store& store, const Rules& rules, const std::string& url, WallTime now);

}  // namespace parley::server
