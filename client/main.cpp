#include "client/cli/command_line.hpp"
#include "client/cli/commands.hpp"

#include <csignal>

int main(int count, char** words) {
    // Who reads our output may end first; writing says so then.
    std::signal(SIGPIPE, SIG_IGN);
    const auto line = parley::client::cli::parse(count, words);
    if (!line) return line.error();
    return parley::client::cli::run(*line);
}
