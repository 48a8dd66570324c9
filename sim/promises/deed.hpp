#pragma once

#include "sim/promises/moment.hpp"

#include <functional>
#include <optional>
#include <string>

namespace parley::sim {

/// The conversation that a command of this account made; nothing: not known.
using MadeBy = std::function<std::optional<StreamId>(const Uuid&)>;

/// A command that was answered with success, and what it did in that moment: nothing, where it came again.
struct Deed {
    /// With all that it did.
    const Moment& after;
    const Moment& before;
    Effects effects;
    const server::Answer& answer;
    AccountId by;
    Uuid id;
    /// It was done now, or there was nothing to do: not before, by a server that died before it could tell.
    bool first = false;
    std::int64_t edits_max = 0;
    const MadeBy& made_by;
};

/// What is wrong about what was done, held against what was asked for; empty: it fits.
std::string what_is_wrong(const Deed& deed, const protocol::Payload& asked);

/// This is the conversation that is meant.
bool fits_target(const Moment& moment, const AccountId& by, const MadeBy& made_by,
                 const protocol::Target& target, const StreamId& stream);

}  // namespace parley::sim
