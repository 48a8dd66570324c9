// Whom a person has blocked.

#include "client/cli/commands.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/moments.hpp"
#include "client/cli/text.hpp"

#include <string>
#include <utility>

namespace parley::client::cli {

namespace {

Outcome<ExitCode> set(Session& session, const std::string& word, bool blocked, const std::string& done) {
    Directory directory(session);
    TRY_ASSIGN(const auto person, directory.person(word));
    TRY_ASSIGN(const auto settled,
               session.carry_out(protocol::BlockSet{.account = person.account, .blocked = blocked}));
    JsonLine object;
    object.text("id", settled.command.text()).text("account", person.account.text());
    object.boolean("blocked", blocked);
    session.terminal().line(object);
    session.terminal().line(label_of(person) + done);
    return ExitCode::done;
}

}  // namespace

Outcome<ExitCode> run(Session& session, const BlockCommand& command) {
    return set(session, command.person, true,
               " is blocked, and is not told. What comes to you from there alone you never see; in groups it "
               "does not count.");
}

Outcome<ExitCode> run(Session& session, const UnblockCommand& command) {
    return set(session, command.person, false,
               " is not blocked any more. What was written to you meanwhile does not come back.");
}

Outcome<ExitCode> run(Session& session, const BlockedCommand&) {
    TRY_ASSIGN(const bool online, session.go_online(session.deadline(), false));
    TRY_ASSIGN(const auto reply, session.ask({.act = protocol::DoorAct::blocked}));
    Directory directory(session);
    Terminal& terminal = session.terminal();
    for (const auto& one : reply.blocked) {
        auto profile = one.profile;
        if (!profile) {
            TRY_ASSIGN(profile, directory.known(one.account));
        }
        JsonLine object;
        object.text("account", one.account.text());
        if (profile) object.text("handle", profile->handle).text("name", profile->name);
        object.integer("at", one.at.ms);
        if (one.changing) object.boolean("changing", true);
        terminal.line(object);
        terminal.line((profile ? label_of(*profile) : harmless_line(one.account.text())) + "  since " +
                      local_stamp(one.at) + (one.changing ? "  … not sent yet" : ""));
    }
    if (reply.blocked.empty()) terminal.line("You have blocked nobody.");
    if (!online) terminal.note("The server" + session.offline_reason() + ": this is what the device knows.");
    return ExitCode::done;
}

}  // namespace parley::client::cli
