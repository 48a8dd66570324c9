#pragma once

#include "server/config.hpp"

#include <optional>
#include <string>
#include <variant>

namespace parley::server {

struct RunServer {};
struct CheckConfig {
    /// Empty: none was read.
    std::string file;
};
struct PrintConfig {};
struct MakeInvite {
    std::int64_t uses = 1;
    std::int64_t days = 7;
    bool administrator = false;
};

struct BackUp {
    /// Empty: a name with the date, in this folder; a folder: such a name in it.
    std::string file;
};
struct Restore {
    std::string file;
};

struct CommandLine {
    std::variant<RunServer, CheckConfig, PrintConfig, MakeInvite, BackUp, Restore> command;
    SettingSources sources;
};

/// Nothing where all has been said already (help, version, a mistake); then `status` is that of the process.
std::optional<CommandLine> parse_command_line(int count, char** arguments, int& status);

}  // namespace parley::server
