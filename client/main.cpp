#include "client/cli/command_line.hpp"
#include "client/cli/commands.hpp"
#include "client/platform.hpp"

#include <sys/stat.h>

#include <csignal>

int main(int count, char** words) {
    parley::client::occupy_standard_descriptors();
    // Who reads our output may end first; writing says so then.
    std::signal(SIGPIPE, SIG_IGN);
    // What we write is for its owner only.
    ::umask(0077);
    const auto line = parley::client::cli::parse(count, words);
    if (!line) return line.error();
    return parley::client::cli::run(*line);
}
