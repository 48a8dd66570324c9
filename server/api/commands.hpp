#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "server/domain/work.hpp"

#include <cstdint>
#include <optional>

namespace parley::server {

/// The work that a client's envelope asks for, where its type is one that the writer decides; the same for
/// the socket and for HTTP.
std::optional<Command> to_command(protocol::Payload payload);

/// As how many messages the account's rate limit counts it: more where it names many members, for each of
/// whom there is work. 0: not at all; acks, reads, leaving and signing out are never limited.
std::int64_t rate_cost(const Command& command);

/// The id that a command must have, so that a repeat is told apart: version 7 or 4.
Result<Uuid> command_id(const std::optional<Uuid>& id);

/// The envelope that answers a command.
protocol::Envelope answer_envelope(std::optional<Uuid> re, const Answer& answer);

/// Somebody looks at more invite links, or joins by more of them, than people do.
Error too_many_links(Duration wait);

protocol::ErrorReply error_reply(const Error& error);

}  // namespace parley::server
