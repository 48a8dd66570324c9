#include "server/command_line.hpp"

#include "server/near_names.hpp"
#include "server/ops/control_request.hpp"
#include "server/version.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>

namespace parley::server {

namespace {

/// As the shell's own commands end where they are called wrongly.
constexpr int usage_status = 2;

constexpr const char* config_variable = "PARLEY_CONFIG";

constexpr const char* commands_group = "Commands";
constexpr std::size_t column_width = 32;
constexpr std::size_t page_width = 100;

constexpr const char* settings_help = R"(
Settings, such as --data FOLDER and --config FILE, stand in parleyd --help.)";

constexpr const char* backup_help = R"(
The copy is complete and checked when the command ends; what is written meanwhile is not in it.
It holds all messages and the key that signs tokens: keep it as safe as the server itself.
More: backup.md in Parley's documentation. Settings, such as --data FOLDER, stand in parleyd --help.)";

constexpr const char* restore_help = R"(
What the data folder holds now is kept beside it as parley.db.replaced. Devices keep all that they
hold: what the backup lacks stays on them, marked as not on the server.
More: backup.md in Parley's documentation. Settings, such as --data FOLDER, stand in parleyd --help.)";

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

/// What stands for the value in the help.
std::string value_name(const Setting& setting) {
    if (!setting.value.empty()) return std::string(setting.value);
    if (!setting.choices.empty()) {
        std::string choices;
        for (const std::string_view choice : setting.choices)
            choices.append(choices.empty() ? "" : "|").append(choice);
        return choices;
    }
    if (std::holds_alternative<std::int64_t Settings::*>(setting.field)) return "NUMBER";
    if (std::holds_alternative<bool Settings::*>(setting.field)) return "true|false";
    return std::holds_alternative<std::string Settings::*>(setting.field) ? "TEXT" : "TEXT,…";
}

/// In lines that fit beside the column of names.
std::string wrapped(const std::string& text) {
    std::string lines;
    std::size_t column = 0;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        const bool breaks = column > 0 && column + 1 + word.size() > page_width - column_width;
        if (column > 0) lines += breaks ? '\n' : ' ';
        column = breaks ? word.size() : column + (column > 0 ? 1 : 0) + word.size();
        lines += word;
    }
    return lines;
}

/// A flag for every setting; the short list in front, the rest below.
void add_settings(CLI::App& app, std::vector<std::pair<std::string, std::string>>& flags) {
    const Settings defaults;
    for (const Setting& setting : settings_table()) {
        const std::string key{setting.key};
        const std::string value_of = print_value(defaults, setting);
        const bool unset = value_of == "\"\"" || value_of == "[]";
        app.add_option_function<std::string>(
               names_of(setting), [&flags, key](const std::string& value) { flags.emplace_back(key, value); },
               wrapped(std::string(setting.doc) + (unset ? "" : " [" + value_of + "]")))
            ->option_text(value_name(setting))
            ->group(setting.flag.empty() ? "Settings" : "Options");
    }
}

/// `file`: what `check` and `print` are to look at, where it is named without --config.
void add_config(CLI::App& app, CommandLine& line, std::string& file) {
    CLI::App& config =
        *app.add_subcommand("config", "Look at the settings without running")->group(commands_group);
    config.require_subcommand(1);
    config.fallthrough();
    CLI::App& check = *config.add_subcommand("check", "Say whether they are right")->group(commands_group);
    check.callback([&line] { line.command = CheckConfig{}; });
    CLI::App& print =
        *config.add_subcommand("print", "Print all of them with what they mean, secrets masked")
             ->group(commands_group);
    print.callback([&line] { line.command = PrintConfig{}; });
    for (CLI::App* command : {&check, &print}) {
        command->fallthrough();
        command->footer(settings_help);
        command->add_option("FILE", file, "The settings' TOML file, as --config names it")->option_text(" ");
    }
}

/// The file that `config` was given by its name alone.
void take_config_file(CommandLine& line, const std::string& file) {
    std::string& named = line.sources.file;
    const bool by_variable = std::ranges::any_of(line.sources.variables, [&](const auto& variable) {
        return variable.first == config_variable && variable.second == named;
    });
    if (!file.empty() && !named.empty() && !by_variable)
        throw CLI::ValidationError("FILE", "two files are named, the other one with --config");
    if (!file.empty()) named = file;
    if (auto* check = std::get_if<CheckConfig>(&line.command)) check->file = named;
}

void add_invite(CLI::App& app, CommandLine& line) {
    const auto invite = std::make_shared<MakeInvite>();  // filled and taken while the line is parsed
    CLI::App& inviting = *app.add_subcommand("invite", "Make an invite and print it")->group(commands_group);
    inviting.fallthrough();
    inviting.footer(settings_help);
    inviting.add_option("--uses", invite->uses, "How many may use it (1)")
        ->option_text("COUNT")
        ->check(CLI::Range(std::int64_t{1}, invite_uses_max));
    inviting.add_option("--days", invite->days, "How many days it is good (7)")
        ->option_text("COUNT")
        ->check(CLI::Range(std::int64_t{1}, invite_days_max));
    inviting.add_flag("--administrator", invite->administrator, "Whoever uses it becomes an administrator")
        ->disable_flag_override();
    inviting.callback([&line, invite] { line.command = *invite; });
}

void add_copies(CLI::App& app, CommandLine& line) {
    const auto backup = std::make_shared<BackUp>();  // both filled and taken while the line is parsed
    CLI::App& backing_up =
        *app.add_subcommand("backup", "Copy everything into one file; the server may run meanwhile")
             ->group(commands_group);
    backing_up.fallthrough();
    backing_up
        .add_option("FILE", backup->file,
                    "Where to; a folder, or without it this one: a name with the date in it")
        ->option_text(" ");
    backing_up.footer(backup_help);
    backing_up.callback([&line, backup] { line.command = *backup; });

    const auto restore = std::make_shared<Restore>();
    CLI::App& restoring =
        *app.add_subcommand("restore", "Make a backup what the server goes on from; the server must not run")
             ->group(commands_group);
    restoring.fallthrough();
    restoring.add_option("FILE", restore->file, "The backup")->required()->option_text(" ");
    restoring.footer(restore_help);
    restoring.callback([&line, restore] { line.command = *restore; });
}

/// What CLI11 says in the words of whoever programs with it.
std::string in_words(const CLI::ParseError& error) {
    const std::string what = error.what();
    const std::string option = what.substr(0, what.find(':'));
    if (const std::size_t flag = what.find(" was given a disallowed flag override");
        flag != std::string::npos)
        return "--" + what.substr(0, flag) + " takes no value";
    if (error.get_name() == "ArgumentMismatch")
        return option + (what.ends_with("missing") ? " needs a value" : " may stand only once");
    return what == "A subcommand is required" ? "a command is missing" : what;
}

/// What could have been said: options, or commands, of the program and of the command that was chosen.
std::vector<std::string> known_here(const CLI::App& app, bool options) {
    std::vector<const CLI::App*> all{&app};
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (const CLI::App* chosen : all[i]->get_subcommands())
            all.push_back(chosen);
    }
    std::vector<std::string> names;
    for (const CLI::App* one : all) {
        if (!options) {
            for (const CLI::App* command : one->get_subcommands({}))
                names.push_back(command->get_name());
            continue;
        }
        for (const CLI::Option* option : one->get_options()) {
            for (const std::string& name : option->get_lnames())
                names.push_back("--" + name);
        }
    }
    return names;
}

/// What is wrong with the command line, as a sentence that says where to look.
std::string mistake(const CLI::App& app, const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    const std::string help = chosen.empty() ? "" : " " + chosen.front()->get_name();
    const std::string see = "See: parleyd" + help + " --help";
    const std::vector<std::string> left = app.remaining(true);
    if (left.empty()) return in_words(error) + ". " + see;
    const std::string unknown = left.front().substr(0, left.front().find('='));
    const std::string nearest = nearest_name(unknown, known_here(app, unknown.starts_with("-")));
    return "there is no command or option " + unknown + " here" +
           (nearest.empty() ? ". " : "; did you mean " + nearest + "? ") + see;
}

}  // namespace

std::optional<CommandLine> parse_command_line(int count, char** arguments, int& status) {
    CommandLine line;
    line.sources.variables = variables_of_process();
    CLI::App app{
        "parleyd serves Parley: messaging that people run themselves.\n\n"
        "Without a command it runs the server, on ./data and port 8080 of this machine alone.\n"
        "Settings come from a TOML file, from variables (PARLEY_LISTEN_PORT is listen.port)\n"
        "or from flags; the later one wins.\n"};
    app.name("parleyd");
    app.get_formatter()->column_width(column_width);
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.get_formatter()->label("REQUIRED", "");
    app.set_help_flag("-h,--help", "Print this help, or that of a command");
    app.set_version_flag("--version", std::string("parleyd ") + version, "Print the version");
    app.add_option("--config", line.sources.file, "Settings from this TOML file (also PARLEY_CONFIG)")
        ->envname(config_variable)
        ->option_text("FILE");
    add_settings(app, line.sources.flags);
    app.fallthrough();
    app.require_subcommand(0, 1);
    std::string file;
    add_config(app, line, file);
    add_invite(app, line);
    add_copies(app, line);

    try {
        app.parse(count, arguments);
        take_config_file(line, file);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            status = app.exit(error);
        } else {
            std::cerr << "parleyd: " << mistake(app, error) << '\n';
            status = usage_status;
        }
        return std::nullopt;
    }
    return line;
}

}  // namespace parley::server
