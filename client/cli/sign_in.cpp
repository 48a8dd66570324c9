#include "client/cli/commands.hpp"
#include "client/cli/text.hpp"
#include "core/door/views.hpp"

#include <unistd.h>

#include <array>

namespace parley::client::cli {

namespace {

/// Signing in asks for the password on purpose slowly, and the server has a queue for it.
constexpr Duration sign_in_time_max = seconds(60);

std::string device_name(const std::string& wanted) {
    if (!wanted.empty()) return wanted;
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "parley";
    return name.data();
}

Outcome<void> wait_for_end(Session& session) {
    const Instant until = read_clocks().instant + sign_in_time_max;
    while (true) {
        TRY_ASSIGN(const bool happened, session.wait([] { return false; }, until));
        if (session.interrupted()) {
            return stop(
                ExitCode::interrupted,
                "Interrupted. The server may have said yes meanwhile: see parley status, or try again.");
        }
        while (const auto notice = session.take_notice()) {
            if (!notice->signed_in) continue;
            if (!notice->signed_in->failure) return {};
            const Problem refused = problem_of(core::error_of(*notice->signed_in->failure));
            const bool unreached = !session.account().problem().empty();
            if (unreached) return stop(ExitCode::unreachable, "The server" + session.offline_reason() + ".");
            return std::unexpected(refused);
        }
        if (!happened) return stop(ExitCode::unreachable, "The server" + session.offline_reason() + ".");
    }
}

/// One device is one sign-in: a second one would leave the first behind at the server.
Outcome<void> must_be_signed_out(Session& session) {
    TRY_ASSIGN(const auto status, session.status());
    if (!status.account || is_signed_out(status.connection)) return {};
    // Whether the sign-in that this device has still holds, only the server can say.
    const auto online = session.go_online(session.deadline(), false);
    if (!online && online.error().exit_code == ExitCode::signed_out) return {};
    if (!online) return std::unexpected(online.error());
    const AccountPlace& place = session.account().place();
    return stop(ExitCode::failed, "@" + place.handle() +
                                      " is signed in here already. To end that: parley --account " +
                                      place.name + " logout");
}

/// A new account cannot go on with what an older one of this name left here.
Outcome<void> must_hold_nothing(Session& session) {
    TRY_ASSIGN(const auto status, session.status());
    if (!status.account) return {};
    const AccountPlace& place = session.account().place();
    return stop(
        ExitCode::failed,
        "This device holds what an earlier account @" + place.handle() +
            " wrote. To keep that, choose another folder with --home; to erase it: parley --account " +
            place.name + " logout");
}

/// Before the server is asked: whenever this process ends after its yes, the account is found here.
Outcome<void> remember_in_time(Session& session) {
    const AccountPlace& place = session.account().place();
    if (Home::remembers(place)) return {};
    if (const auto done = Home::remember(place); !done) return stop(ExitCode::failed, done.error());
    return {};
}

/// After the server said yes: how it is reached is remembered, and what it has is fetched.
Outcome<ExitCode> welcome(Session& session, const char* what) {
    const AccountPlace& place = session.account().place();
    if (const auto done = Home::remember(place); !done) return stop(ExitCode::failed, done.error());
    // A core that was signed out rests until it is told to connect.
    TRY(session.ask({.act = protocol::DoorAct::connect}));
    TRY_ASSIGN(const bool online, session.go_online(session.deadline(), true));
    TRY_ASSIGN(const auto status, session.status());
    JsonLine object;
    object.text("handle", place.handle()).text("server", place.server.text()).text("name", place.name);
    object.text("account", status.account.value_or(AccountId{}).text());
    object.text("device", status.device.value_or(DeviceId{}).text());
    session.terminal().line(object);
    session.terminal().line(std::string(what) + " @" + place.handle() + " at " + place.server.text() + ".");
    const std::string word = Home(place.folder.parent_path()).word_for(place);
    const std::string parley = word.empty() ? "parley" : "parley --account " + word;
    session.terminal().line("Write to somebody: " + parley +
                            " send @HANDLE \"Hello\"; see what comes in: " + parley + " tail");
    if (!online)
        session.terminal().note("What was said so far is not all here yet; it comes with the next command.");
    return ExitCode::done;
}

}  // namespace

Outcome<ExitCode> run(Session& session, const RegisterCommand& command) {
    session.expect_sign_out();
    TRY(must_be_signed_out(session));
    TRY(must_hold_nothing(session));
    TRY_ASSIGN(const std::string password, read_password({.file = command.password_file, .fresh = true}));
    protocol::Registration registration{
        .handle = command.handle, .password = password, .device_name = device_name(command.device_name)};
    if (!command.name.empty()) registration.name = command.name;
    if (!command.token.empty()) registration.invite = command.token;
    TRY(remember_in_time(session));
    TRY(session.ask({.registration = std::move(registration)}));
    TRY(wait_for_end(session));
    return welcome(session, "Welcome! You are");
}

Outcome<ExitCode> run(Session& session, const LoginCommand& command) {
    session.expect_sign_out();
    TRY(must_be_signed_out(session));
    TRY_ASSIGN(const std::string password, read_password({.file = command.password_file}));
    TRY(remember_in_time(session));
    TRY(session.ask({.sign_in = protocol::SignIn{.handle = command.handle,
                                                 .password = password,
                                                 .device_name = device_name(command.device_name)}}));
    TRY(wait_for_end(session));
    return welcome(session, "Signed in as");
}

namespace {

/// Sends what waits, where that can be done in time. How many commands still wait.
Outcome<std::int64_t> send_first(Session& session, bool online, bool drop) {
    TRY_ASSIGN(auto status, session.status());
    if (drop || status.waiting == 0) return status.waiting;
    if (online) {
        TRY_ASSIGN(status, session.send_what_waits());
    }
    if (status.waiting == 0) return 0;
    return stop(ExitCode::queued,
                "Not signed out, since " + std::to_string(status.waiting) +
                    (status.waiting == 1 ? " command has" : " commands have") +
                    " not been sent yet (parley outbox). To lose them: parley logout --drop");
}

/// True where the server said that this device is signed out there. What was here is forgotten only once the
/// core says that it is gone. `tell`: the server is asked to.
Outcome<bool> erase(Session& session, bool tell) {
    TRY(session.ask({.act = tell ? protocol::DoorAct::sign_out : protocol::DoorAct::erase}));
    const Instant until = session.deadline();
    bool confirmed = false;
    bool erased = false;
    for (bool waits = true; waits;) {
        TRY_ASSIGN(const auto now, session.status());
        erased = !now.account;
        waits = !is_signed_out(now.connection);
        // The notice of the end comes before a status that says so.
        if (waits) {
            TRY_ASSIGN(waits, session.wait([] { return false; }, until));
        }
        while (const auto notice = session.take_notice())
            confirmed |= notice->signed_out && !notice->signed_out->failure;
    }
    if (!erased) {
        return stop(ExitCode::failed,
                    "Not signed out: this device still holds what it held. Try again: parley logout");
    }
    Home::forget(session.account().place());
    return confirmed;
}

}  // namespace

Outcome<ExitCode> run(Session& session, const LogoutCommand& command) {
    session.expect_sign_out();
    const auto reached = session.go_online(session.deadline(), false);
    // One that the server does not know any more is only erased.
    const bool known = reached || reached.error().exit_code != ExitCode::signed_out;
    if (!reached && known) return std::unexpected(reached.error());
    const bool online = reached.value_or(false);
    TRY_ASSIGN(const std::int64_t dropped, send_first(session, online, command.drop));
    TRY_ASSIGN(const bool confirmed, erase(session, !session.common().offline));
    Terminal& terminal = session.terminal();
    JsonLine object;
    object.boolean("told_server", confirmed).integer("dropped", dropped);
    terminal.line(object);
    terminal.line("Signed out; this device holds nothing of @" + session.account().place().handle() +
                  " any more.");
    if (dropped > 0) {
        terminal.note(std::to_string(dropped) + (dropped == 1 ? " command was" : " commands were") +
                      " lost with it.");
    }
    if (known && !confirmed) {
        terminal.note("The server" + (online ? " did not confirm it" : session.offline_reason()) +
                      ", so it may still list this device: sign it out elsewhere with parley devices "
                      "--revoke.");
    }
    return ExitCode::done;
}

}  // namespace parley::client::cli
