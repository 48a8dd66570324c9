#pragma once

#include "sim/promises/deed.hpp"

namespace parley::sim {

/// A refusal, at the moment at which it was decided.
struct Refusal {
    const Moment& moment;
    ErrorCode code = ErrorCode::internal;
    AccountId by;
    DeviceId device;
    /// What the command named as the one that it follows has been done.
    bool has_followed = false;
    bool everyone_invites = true;
    std::int64_t edits_max = 0;
    const MadeBy& made_by;
};

/// What stands in the history is a reason to refuse this so. One that only asks to wait, or to sign in, needs
/// none, except where it says that something is not there which is.
bool has_reason(const Refusal& refusal, const protocol::Payload& asked);

}  // namespace parley::sim
