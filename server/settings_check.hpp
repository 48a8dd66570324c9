#pragma once

#include "server/config.hpp"
#include "server/ops/log.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::server {

/// What is wrong with a value that has the type and the range of its setting.
struct SettingMistake {
    std::string_view key;
    /// The other setting that it does not go with; empty: it is wrong by itself.
    std::string_view beside;
    std::string what;
};

/// All of them, so that nothing of it is found only at the start.
std::vector<SettingMistake> mistakes_in(const Settings& settings);

/// What settings are judged by besides each other, once the server listens.
struct Surroundings {
    bool loopback = true;
    /// TLS ends in this process.
    bool secured = false;
    /// Files that this process may have open.
    std::int64_t descriptors = 0;
};

/// Says in the log what is allowed and seldom meant.
void warn_of(const Settings& settings, const Surroundings& surroundings, Log& log);

}  // namespace parley::server
