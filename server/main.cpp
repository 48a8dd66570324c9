#include "server/app.hpp"
#include "server/command_line.hpp"
#include "server/net/listener.hpp"
#include "server/offline.hpp"
#include "server/ops/process_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <sstream>
#include <string>

namespace parley::server {

namespace {

/// Where this process was started with some of them closed, nothing of ours may take their place and be
/// written to. Opened the wrong way round, so that using it fails as it would have.
void occupy_standard_descriptors() {
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(standard, F_GETFD) >= 0) continue;
        (void)::open("/dev/null", standard == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

/// One sentence a line.
int say_mistake(const Error& error) {
    std::istringstream sentences(error.context);
    for (std::string one; std::getline(sentences, one);)
        std::cerr << "parleyd: " << one << '\n';
    return 1;
}

int say(const Result<std::string>& text) {
    if (!text) return say_mistake(text.error());
    std::cout << *text << std::endl;
    if (std::cout) return 0;
    std::cerr << "parleyd: standard output cannot be written\n";
    return 1;
}

int run(const Settings& settings) {
    App::hold_signals();
    ProcessLog log(log_level_named(settings.log_level));
    const auto app = App::open(settings, log);
    if (!app) return say_mistake(app.error());
    const auto greeting = (*app)->greeting();
    if (!greeting) return say_mistake(greeting.error());
    std::cout << *greeting << std::endl;
    return (*app)->run();
}

/// Besides what was looked at as they were loaded: what the start makes of the files and names in them.
Result<std::string> check_config(const Settings& settings, const CheckConfig& check) {
    TRY(check_listening(net_options(settings)));
    if (check.file.empty()) return "The settings are right. No file was read: name one to have it checked.";
    return "The settings are right, those of " + check.file + " among them.";
}

struct Carry {
    const Settings& settings;

    int operator()(const RunServer&) const { return run(settings); }
    int operator()(const CheckConfig& check) const { return say(check_config(settings, check)); }
    int operator()(const PrintConfig&) const { return say(print_settings(settings)); }
    int operator()(const MakeInvite& invite) const { return say(make_invite(settings, invite)); }
    int operator()(const BackUp& backup) const { return say(back_up(settings, backup)); }
    int operator()(const Restore& backup) const { return say(restore(settings, backup)); }
};

int run_command(int count, char** arguments) {
    // What we write is for its owner only.
    ::umask(S_IRWXG | S_IRWXO);
    int status = 0;
    const auto line = parse_command_line(count, arguments, status);
    if (!line) return status;
    const auto settings = load_settings(line->sources);
    if (!settings) return say_mistake(settings.error());
    return std::visit(Carry{*settings}, line->command);
}

}  // namespace

}  // namespace parley::server

int main(int count, char** arguments) {
    try {
        parley::server::occupy_standard_descriptors();
        return parley::server::run_command(count, arguments);
    } catch (const std::exception& error) {
        std::cerr << "parleyd: " << error.what() << '\n';
        return 1;
    }
}
