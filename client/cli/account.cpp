#include "client/cli/commands.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/text.hpp"

namespace parley::client::cli {

namespace {

constexpr std::int64_t day_ms = 86'400'000;

/// Id, name and when it signed in, which tells two of one name apart.
std::string listed(const protocol::ViewDevice& device) {
    return padded(device.device.text(), 20) + "  " + padded(harmless_line(device.name), 24) + "  since " +
           local_stamp(device.created_at) + (device.own ? "  (this one)" : "");
}

Outcome<DeviceId> find_device(const std::vector<protocol::ViewDevice>& devices, const std::string& word) {
    std::vector<const protocol::ViewDevice*> fitting;
    for (const auto& device : devices) {
        if (device.device.text() == word) return device.device;
        if (device.name == word) fitting.push_back(&device);
    }
    if (fitting.size() == 1) return fitting.front()->device;
    const std::string what = "\"" + harmless_line(word) + "\"";
    if (fitting.empty())
        return stop(ExitCode::not_found, "No device has the id or name " + what + ". See: parley devices");
    std::string ids;
    for (const auto* device : fitting)
        ids += "\n  " + listed(*device);
    return stop(ExitCode::not_found, "Several devices are called " + what + ". Choose one by its id:" + ids);
}

void print_profile(Terminal& terminal, const protocol::Profile& profile) {
    JsonLine object;
    object.text("account", profile.account.text()).text("handle", profile.handle).text("name", profile.name);
    if (profile.avatar) object.text("avatar", *profile.avatar);
    terminal.line(object);
    terminal.line(terminal.bold(harmless_line(profile.name)) + "  @" + harmless_line(profile.handle));
}

/// Own profile: from the server, since the device need not have it, and what it has may be old.
Outcome<protocol::Profile> own_profile(Session& session) {
    TRY_ASSIGN(const auto status, session.status());
    const bool asks = !session.common().offline;
    if (!asks) {
        TRY_ASSIGN(auto known, Directory(session).known(status.account.value_or(AccountId{})));
        if (known) return std::move(*known);
        return stop(ExitCode::usage,
                    "This device does not know your profile yet: leave out --offline to ask the server.");
    }
    TRY(session.require_online());
    TRY_ASSIGN(const auto settled,
               session.carry_out(protocol::ProfileFind{.accounts = {status.account.value_or(AccountId{})}}));
    if (settled.profiles.empty())
        return stop(ExitCode::not_found, "The server does not know this account any more.");
    return settled.profiles.front();
}

}  // namespace

Outcome<ExitCode> run(Session& session, const DevicesCommand& command) {
    TRY_ASSIGN(const bool online, session.go_online(session.deadline(), false));
    TRY_ASSIGN(const auto reply, session.ask({.act = protocol::DoorAct::devices}));
    Terminal& terminal = session.terminal();
    if (command.revoke) {
        TRY_ASSIGN(const DeviceId device, find_device(reply.devices, *command.revoke));
        TRY(session.require_online());
        TRY(session.carry_out(protocol::DeviceRevoke{.device = device}));
        JsonLine object;
        object.text("revoked", device.text());
        terminal.line(object);
        terminal.line("Signed out. What that device holds of you is erased when it connects next.");
        return ExitCode::done;
    }
    for (const auto& device : reply.devices) {
        JsonLine object;
        object.text("device", device.device.text()).text("name", device.name);
        terminal.line(object.integer("created_at", device.created_at.ms).boolean("own", device.own));
        terminal.line(listed(device));
    }
    if (!online) terminal.note("The server" + session.offline_reason() + ": this is what the device knows.");
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const ProfileCommand& command) {
    if (command.who) {
        Directory directory(session);
        TRY_ASSIGN(const auto profile, directory.person(*command.who));
        print_profile(session.terminal(), profile);
        return ExitCode::done;
    }
    if (command.name || command.handle) {
        TRY(session.carry_out(protocol::ProfileSet{.handle = command.handle, .name = command.name}));
    }
    TRY_ASSIGN(const auto profile, own_profile(session));
    print_profile(session.terminal(), profile);
    // It may also have been changed on another device.
    const AccountPlace& place = session.account().place();
    if (place.handle() == profile.handle) return ExitCode::done;
    if (const auto done = Home::rename(place, profile.handle); !done)
        return stop(ExitCode::failed, done.error());
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const InviteCommand& command) {
    TRY(session.require_online());
    protocol::InviteCreate create{.uses = command.uses};
    if (command.days) create.lasts_ms = *command.days * day_ms;
    auto done = session.carry_out(std::move(create));
    if (!done && done.error().code == ErrorCode::not_allowed) {
        done.error().sentence =
            "Only administrators of this server make invites, and you are none. Ask one of "
            "them, or whoever runs it.";
    }
    TRY_ASSIGN(const auto settled, std::move(done));
    if (!settled.invite) {
        return stop(ExitCode::failed,
                    "An invite was made, but its code was lost with a parley that ended at that moment. "
                    "Make another one.");
    }
    const std::string& code = *settled.invite;
    const WallTime ends = settled.expires_at.value_or(WallTime{});
    const std::string server = session.account().place().server.text();
    JsonLine object;
    object.text("invite", code).integer("expires_at", ends.ms).text("server", server);
    session.terminal().line(object);
    session.terminal().line("Good until " + local_stamp(ends) + ". Whoever is invited runs:");
    session.terminal().line("  parley register --server " + server + " --invite " + code +
                            " --handle HANDLE");
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const StatusCommand&) {
    TRY_ASSIGN(const bool online, session.go_online(session.deadline(), false));
    TRY_ASSIGN(const auto status, session.status());
    const AccountPlace& place = session.account().place();
    JsonLine object;
    object.text("name", place.name).text("handle", place.handle()).text("server", place.server.text());
    object.text("account", status.account.value_or(AccountId{}).text());
    object.text("device", status.device.value_or(DeviceId{}).text())
        .text("connection", name_of(status.connection));
    TRY_ASSIGN(const std::int64_t badge, session.badge());
    object.integer("waiting", status.waiting).integer("failed", status.failed).integer("badge", badge);
    object.boolean("owner", session.account().owner()).text("folder", place.folder.string());
    Terminal& terminal = session.terminal();
    terminal.line(object);
    terminal.line(terminal.bold("@" + place.handle()) + " at " + place.server.text() + ", " +
                  std::string(name_of(status.connection)) + ".");
    if (!online) terminal.line("The server" + session.offline_reason() + ".");
    if (badge > 0) terminal.line("Badge: " + std::to_string(badge) + " (parley conversations).");
    if (status.waiting > 0)
        terminal.line(std::to_string(status.waiting) + " waiting to be sent (parley outbox).");
    if (status.failed > 0) {
        terminal.line(
            std::to_string(status.failed) +
            " refused, and kept so that you can send it again: parley outbox shows it, parley outbox "
            "--discard all forgets it.");
    }
    if (!session.account().owner()) {
        terminal.line("Another parley (process " + std::to_string(OwnerLock::holder(place)) +
                      ") has the account open; this one goes through it.");
    }
    terminal.line("Kept in " + place.folder.string());
    return ExitCode::done;
}

}  // namespace parley::client::cli
