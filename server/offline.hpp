#pragma once

#include "base/result.hpp"
#include "server/command_line.hpp"
#include "server/config.hpp"
#include "server/store/sqlite_store.hpp"

#include <string>
#include <string_view>

namespace parley::server {

/// Commands on the data directory: through the control socket where the server runs on it, else on the store
/// itself. They return what is to be printed.
Result<std::string> make_invite(const Settings& settings, const MakeInvite& invite);
Result<std::string> back_up(const Settings& settings, const BackUp& backup);
/// Only where no server runs on the directory, which it makes where there is none.
Result<std::string> restore(const Settings& settings, const Restore& backup);

/// What the log says where a store found itself to be a copy at its start.
inline constexpr std::string_view begun_on_copy = "the store is a copy, a new epoch begins";

/// How the store of a data folder is opened, whoever opens it: so that each notices a copy that was put back.
SqliteOptions store_options(const Settings& settings);

}  // namespace parley::server
