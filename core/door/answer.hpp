#pragma once

#include "core/client.hpp"
#include "protocol/generated/cpp/door.hpp"

#include <span>

/// The client core as messages of the schema (protocol/schema/7_door.yaml): what the C door carries, and what
/// a second command line says to the one that owns the database. The caller polls actions afterwards, as
/// after any command.
namespace parley::core {

/// Carries out one request; the reply carries the same `call`.
protocol::DoorReply answer(Client& client, const protocol::DoorRequest& request, Now now);

/// Puts commands into the outbox, in order. One that can never be accepted is named in `refused` and takes
/// nothing from the others; where the database fails, `failure` says so and `accepted` names those that stand
/// in the outbox.
protocol::DoorReply submit(Client& client, std::span<const protocol::Envelope> commands, Now now);

/// The same from a frame of plain envelopes, as a server would be sent them.
protocol::DoorReply submit(Client& client, std::string_view frame, protocol::Encoding encoding, Now now);

}  // namespace parley::core
