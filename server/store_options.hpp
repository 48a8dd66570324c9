#pragma once

#include "server/config.hpp"
#include "server/store/sqlite_store.hpp"

#include <string_view>

namespace parley::server {

/// How the store of a data folder is opened, whoever opens it: so that each notices a copy that was put back.
SqliteOptions store_options(const Settings& settings);

/// What the log says where a store found itself to be such a copy at its start.
inline constexpr std::string_view begun_on_copy = "the store is a copy, a new epoch begins";

}  // namespace parley::server
