#pragma once

#include "base/result.hpp"
#include "server/command_line.hpp"
#include "server/config.hpp"

#include <string>

namespace parley::server {

/// Commands on the data directory: through the control socket where the server runs on it, else on the store
/// itself. They return what is to be printed.
Result<std::string> make_invite(const Settings& settings, const MakeInvite& invite);
Result<std::string> back_up(const Settings& settings, const BackUp& backup);
/// Only where no server runs on the directory, which it makes where there is none.
Result<std::string> restore(const Settings& settings, const Restore& backup);

}  // namespace parley::server
