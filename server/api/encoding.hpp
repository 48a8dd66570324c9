#pragma once

#include "protocol/codec.hpp"
#include "server/ops/log.hpp"

#include <string>
#include <string_view>

namespace parley::server {

/// Appends an envelope as it goes to a client. One that nobody could read, since a number in it is none of
/// the wire, is a mistake of ours: that is said in the log, and to the client the refusal `internal` in its
/// place.
void append_answer(std::string& text, const protocol::Envelope& envelope, protocol::Encoding encoding,
                   Log& log);

/// Says it in the log; `what`: a word of our own.
void log_unreadable(Log& log, std::string_view what);

}  // namespace parley::server
