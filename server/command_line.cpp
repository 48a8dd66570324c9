#include "server/command_line.hpp"

#include "server/version.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace parley::server {

namespace {

std::vector<std::pair<std::string, std::string>> variables_of_process() {
    std::vector<std::pair<std::string, std::string>> all;
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string_view text = *one;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        all.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return all;
}

std::string names_of(const Setting& setting) {
    std::string names = "--" + std::string(setting.key);
    if (!setting.flag.empty() && setting.flag != setting.key) names += ",--" + std::string(setting.flag);
    return names;
}

/// A flag for every setting; the short list in front, the rest below.
void add_settings(CLI::App& app, std::vector<std::pair<std::string, std::string>>& flags) {
    for (const Setting& setting : settings_table()) {
        const std::string key{setting.key};
        app.add_option_function<std::string>(
               names_of(setting), [&flags, key](const std::string& value) { flags.emplace_back(key, value); },
               std::string(setting.doc))
            ->type_name("")
            ->group(setting.flag.empty() ? "Settings" : "Options");
    }
}

}  // namespace

std::optional<CommandLine> parse_command_line(int count, char** arguments, int& status) {
    CommandLine line;
    line.sources.variables = variables_of_process();
    CLI::App app{
        "parleyd serves Parley: messaging that people run themselves.\n\n"
        "Without a command it runs the server, on ./data and port 8080 of this machine alone.\n"
        "Settings come from a TOML file, from variables (PARLEY_LISTEN_PORT is listen.port)\n"
        "or from flags; the later one wins."};
    app.set_version_flag("--version", std::string("parleyd ") + version);
    app.add_option("--config", line.sources.file, "Settings from this TOML file")
        ->envname("PARLEY_CONFIG")
        ->type_name("FILE");
    add_settings(app, line.sources.flags);
    app.fallthrough();
    app.require_subcommand(0, 1);

    CLI::App& config = *app.add_subcommand("config", "Look at the settings without running");
    config.require_subcommand(1);
    config.fallthrough();
    config.add_subcommand("check", "Say whether they are right")->callback([&] {
        line.command = CheckConfig{};
    });
    config.add_subcommand("print", "Print all of them with what they mean, secrets masked")->callback([&] {
        line.command = PrintConfig{};
    });

    MakeInvite invite;
    CLI::App& inviting = *app.add_subcommand("invite", "Make an invite and print it");
    inviting.fallthrough();
    inviting.add_option("--uses", invite.uses, "How many may use it (1)")->check(CLI::Range(1, 100'000));
    inviting.add_option("--days", invite.days, "How many days it is good (7)")->check(CLI::Range(1, 3'650));
    inviting.add_flag("--administrator", invite.administrator, "Whoever uses it becomes an administrator");
    inviting.callback([&] { line.command = invite; });

    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        status = app.exit(error);
        return std::nullopt;
    }
    return line;
}

}  // namespace parley::server
