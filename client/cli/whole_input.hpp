#pragma once

#include "client/cli/session.hpp"
#include "client/net/line_input.hpp"

#include <string>

namespace parley::client::cli {

/// All that comes, as one message, without the line ends behind it. Fails where it is empty, or too long for
/// one message.
Outcome<std::string> read_whole(Session& session, LineInput& input);

}  // namespace parley::client::cli
