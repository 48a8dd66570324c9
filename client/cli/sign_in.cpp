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

/// After the server said yes: the account is remembered, and what it has is fetched.
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
    if (!online)
        session.terminal().note("What was said so far is not all here yet; it comes with the next command.");
    return ExitCode::done;
}

}  // namespace

Outcome<ExitCode> run(Session& session, const RegisterCommand& command) {
    session.expect_sign_out();
    TRY_ASSIGN(const std::string password, read_password({.file = command.password_file, .repeat = true}));
    protocol::Registration registration{
        .handle = command.handle, .password = password, .device_name = device_name(command.device_name)};
    if (!command.name.empty()) registration.name = command.name;
    if (!command.token.empty()) registration.invite = command.token;
    TRY(session.ask({.registration = std::move(registration)}));
    TRY(wait_for_end(session));
    return welcome(session, "Welcome! You are");
}

Outcome<ExitCode> run(Session& session, const LoginCommand& command) {
    session.expect_sign_out();
    TRY_ASSIGN(const std::string password, read_password({.file = command.password_file}));
    TRY(session.ask({.sign_in = protocol::SignIn{.handle = command.handle,
                                                 .password = password,
                                                 .device_name = device_name(command.device_name)}}));
    TRY(wait_for_end(session));
    return welcome(session, "Signed in as");
}

Outcome<ExitCode> run(Session& session, const LogoutCommand&) {
    TRY_ASSIGN(const bool online, session.go_online(session.deadline(), false));
    TRY_ASSIGN(const auto before, session.status());
    session.expect_sign_out();
    TRY(session.ask({.act = protocol::DoorAct::sign_out}));
    const Instant until = session.deadline();
    const auto ended = [](protocol::DoorConnection connection) {
        return connection == protocol::DoorConnection::signed_out ||
               connection == protocol::DoorConnection::revoked;
    };
    TRY_ASSIGN(auto now, session.status());
    while (!ended(now.connection)) {
        TRY_ASSIGN(const bool happened, session.wait([] { return false; }, until));
        while (session.take_notice()) {
        }
        TRY_ASSIGN(now, session.status());
        if (!happened) break;
    }
    Home::forget(session.account().place());
    JsonLine object;
    object.boolean("told_server", online).integer("dropped", before.waiting);
    session.terminal().line(object);
    session.terminal().line("Signed out; this device holds nothing of @" +
                            session.account().place().handle() + " any more.");
    if (before.waiting > 0) {
        session.terminal().note(std::to_string(before.waiting) +
                                " commands that had not been accepted are gone.");
    }
    if (!online) {
        session.terminal().note(
            "The server" + session.offline_reason() +
            ", so it still lists this device: sign it out elsewhere with parley devices --revoke.");
    }
    return ExitCode::done;
}

}  // namespace parley::client::cli
