#pragma once

#include "base/time.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <cstdint>

namespace parley::server {

enum class Registration { open, invite, closed };

/// What the operator has settled, as far as use cases ask for it.
struct Rules {
    /// An operator's invite for an administrator is good in every mode.
    Registration registration = Registration::invite;
    /// False: only administrators make invites.
    bool everyone_invites = false;
    std::int64_t members_max = limits::members_max;
    std::int64_t devices_max = limits::devices_max;
    /// How often one message can be edited.
    std::int64_t edits_max = limits::edits_max;
    /// Conversations that one FollowUp looks after, and frames to which they lead all together, but for what
    /// the last one has more: what waits behind it waits for milliseconds.
    std::int64_t follow_up_conversations = 32;
    std::int64_t follow_up_frames = 2'000;
    /// Of an access token: a device that is in use renews it.
    Duration access_token_life = milliseconds(limits::access_token_ms);
};

}  // namespace parley::server
