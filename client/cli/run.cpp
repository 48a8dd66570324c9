#include "client/cli/commands.hpp"
#include "client/cli/text.hpp"
#include "core/rules/text.hpp"

#include <unistd.h>

#include <optional>
#include <type_traits>

namespace parley::client::cli {

namespace {

Outcome<Home> home_of(const Common& common) {
    if (!common.home.empty()) return Home(common.home);
    if (auto root = Home::usual_root()) return Home(std::move(*root));
    return stop(ExitCode::usage, "There is no folder for accounts: set PARLEY_HOME or use --home FOLDER.");
}

std::string in_lower_case(std::string text) {
    for (char& letter : text) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return text;
}

/// Where the account is, or will be, that a command which signs in is about.
template <class Command>
Outcome<AccountPlace> prepared(const Home& home, const Command& command, Terminal& terminal) {
    if (const auto fits = core::rules::check_handle(command.handle); !fits) {
        const std::string lower = in_lower_case(command.handle);
        const std::string why = core::rules::check_handle(lower)
                                    ? "handles are written in lower case: " + lower
                                    : "it " + fits.error().context + ".";
        return stop(ExitCode::usage, "\"" + harmless_line(command.handle) + "\" is no handle: " + why);
    }
    const auto server = ServerAddress::parse(command.server);
    if (!server) {
        return stop(ExitCode::usage,
                    "\"" + harmless_line(command.server) +
                        "\" is no address of a server. It looks like https://chat.example.org");
    }
    if (!server->secure && !server->is_loopback()) {
        terminal.note(
            "http is not encrypted: everybody on the way can read your password and your messages.");
    }
    auto place = home.prepare(command.handle, *server, command.ca_file);
    if (!place) return stop(ExitCode::failed, place.error());
    return std::move(*place);
}

template <class Command>
constexpr bool signs_in = std::is_same_v<Command, RegisterCommand> || std::is_same_v<Command, LoginCommand>;

template <class Command>
Outcome<AccountPlace> place_for(const Home& home, const Common& common, const Command& command,
                                Terminal& terminal) {
    if constexpr (signs_in<Command>) {
        TRY(refuse_offline(common));
        return prepared(home, command, terminal);
    } else {
        auto place = home.find(common.account);
        if (place) return std::move(*place);
        const NoAccount& why = place.error();
        return stop(why.several ? ExitCode::usage : ExitCode::signed_out, why.sentence);
    }
}

Problem problem_of_opening(const Error& error) {
    if (error.code == ErrorCode::unavailable) return {ExitCode::busy, error.context, error.code};
    std::string sentence = harmless_line(error.context) + ".";
    if (!sentence.empty() && sentence.front() >= 'a' && sentence.front() <= 'z')
        sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
    return {ExitCode::failed, std::move(sentence), error.code};
}

/// A sign-in that failed leaves no account behind, where there was none before. One that the server granted
/// at the last moment, while this process was ending, stays.
void remove_if_nobody_is_in(const AccountPlace& place) {
    const auto lock = OwnerLock::try_take(place);
    if (!lock) return;
    {
        SystemPrimitives primitives;
        const auto database = SqliteDatabase::open(place.database_file(), Durability::on_sync);
        if (!database) return;
        const auto core = core::Client::open({}, **database, primitives, read_clocks());
        if (!core || (*core)->account()) return;
    }
    Home::remove(place);
}

/// Whether what earlier commands left in the outbox is waited for before this one ends. Not where it has just
/// been waited for, where it is erased, and where the person does not want to wait.
template <class Command>
bool takes_along(const Command& command) {
    constexpr bool waits_itself = std::is_same_v<Command, SyncCommand> ||
                                  std::is_same_v<Command, OutboxCommand> ||
                                  std::is_same_v<Command, LogoutCommand>;
    if constexpr (std::is_same_v<Command, SendCommand>) return !command.no_wait;
    return !waits_itself;
}

template <class Command>
Outcome<ExitCode> run_in_session(const Common& common, const AccountPlace& place, const Command& command,
                                 Terminal& terminal) {
    Loop loop;
    const Interrupts interrupts(loop);
    const DoorSettings settings{
        .place = place,
        .core = {.client_name = "parley " PARLEY_VERSION, .jump_changes = common.jump_changes},
        .record = Home::records(place),
        .connect = !common.offline};
    auto account = Account::open(loop, settings);
    if (!account) return std::unexpected(problem_of_opening(account.error()));
    Session session(**account, terminal, interrupts, common);
    auto outcome = run(session, command);
    const bool answers = outcome || outcome.error().exit_code != ExitCode::busy;
    if (answers && takes_along(command)) session.send_left_behind();
    const bool owned = (*account)->owner();
    account->reset();
    if (signs_in<Command> && !outcome) remove_if_nobody_is_in(place);
    // Nothing of an account that was signed out stays behind; where another process has it open, that one is
    // left to its files, which the core has emptied.
    if (std::is_same_v<Command, LogoutCommand> && outcome && owned) Home::remove(place);
    return outcome;
}

template <class Command>
Outcome<ExitCode> open_and_run(const Common& common, const Command& command, Terminal& terminal) {
    TRY_ASSIGN(const Home home, home_of(common));
    TRY_ASSIGN(const AccountPlace place, place_for(home, common, command, terminal));
    if constexpr (std::is_same_v<Command, ReportCommand>) {
        return report(place, command, terminal);
    } else {
        return run_in_session(common, place, command, terminal);
    }
}

}  // namespace

int run(const CommandLine& line) {
    Terminal terminal(line.common.json);
    const auto outcome = std::visit(
        [&](const auto& command) { return open_and_run(line.common, command, terminal); }, line.command);
    if (!outcome) terminal.problem(outcome.error());
    if (outcome && terminal.lost()) {
        terminal.problem({ExitCode::failed,
                          "What was to be shown is lost, since standard output cannot be written: " +
                              *terminal.lost() + ".",
                          std::nullopt});
        return static_cast<int>(ExitCode::failed);
    }
    return static_cast<int>(outcome ? *outcome : outcome.error().exit_code);
}

}  // namespace parley::client::cli
