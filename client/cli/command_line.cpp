#include "client/cli/command_line.hpp"

#include "client/cli/grammar.hpp"
#include "client/cli/terminal.hpp"
#include "client/cli/text.hpp"
#include "client/cli/usage.hpp"

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <span>
#include <string_view>

namespace parley::client::cli {

namespace {

/// What was asked for, help or a version, has been written, or could not be.
int said(ExitCode status) {
    if (std::cout.flush() || errno == EPIPE) return static_cast<int>(status);
    Terminal(false).problem({ExitCode::failed, "Standard output cannot be written.", std::nullopt});
    return static_cast<int>(ExitCode::failed);
}

/// `parley help` and `parley help COMMAND`, which many type first.
int help(const CLI::App& app, std::span<const char* const> words) {
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    const auto named = std::ranges::find_if(
        commands, [&](const CLI::App* one) { return !words.empty() && one->get_name() == words.front(); });
    const CLI::App* shown = words.empty() ? &app : named == commands.end() ? nullptr : *named;
    if (!shown) {
        const std::string what = "There is no command \"" + harmless_line(words.front()) + "\"";
        Terminal(false).problem({ExitCode::usage, what + ". See: parley --help", std::nullopt});
        return static_cast<int>(ExitCode::usage);
    }
    std::cout << (shown == &app ? app.help() : shown->help("parley"));
    return said(ExitCode::done);
}

}  // namespace

std::expected<CommandLine, int> parse(int count, const char* const* words) {
    constexpr int wrong = static_cast<int>(ExitCode::usage);
    Grammar grammar;
    const std::span all(words, static_cast<std::size_t>(count));
    if (const auto asked = help_asked_for(all)) return std::unexpected(help(grammar.app, *asked));
    if (count < 2) {
        std::cerr << grammar.app.help();
        return std::unexpected(wrong);
    }
    try {
        grammar.app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            grammar.app.exit(error);
            return std::unexpected(said(ExitCode::done));
        }
        const bool json =
            std::any_of(words, words + count, [](std::string_view word) { return word == "--json"; });
        const auto chosen = grammar.app.get_subcommands();
        const Mistake mistake{.command = chosen.empty() ? "" : chosen.front()->get_name(),
                              .left = grammar.app.remaining(true),
                              .kind = error.get_name(),
                              .what = error.what()};
        Terminal(json).problem({ExitCode::usage, sentence_of(mistake), std::nullopt});
        return std::unexpected(wrong);
    }
    return CommandLine{.common = std::move(grammar.common), .command = std::move(grammar.command)};
}

}  // namespace parley::client::cli
