#include "client/cli/commands.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/moments.hpp"
#include "client/cli/text.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <optional>
#include <string>
#include <utility>

namespace parley::client::cli {

namespace {

/// "until 2030-12-24 18:00, 3 of 10 joined by it"
std::string standing_of(const protocol::Link& link) {
    std::string text = link.expires_at ? "until " + local_stamp(*link.expires_at) : "until it is revoked";
    text += ", " + std::to_string(link.uses);
    if (link.uses_max) text += " of " + std::to_string(*link.uses_max);
    return text + " joined by it";
}

void fill(JsonLine& object, const protocol::Link& link) {
    object.text("link", link.id.text());
    if (link.code) object.text("code", *link.code);
    object.text("role", name_of(link.role)).text("by", link.by.text()).integer("at", link.at.ms);
    if (link.expires_at) object.integer("expires_at", link.expires_at->ms);
    object.integer("uses", link.uses);
    if (link.uses_max) object.integer("uses_max", *link.uses_max);
}

/// A link is told by its id, which whoever looks at the list can see; a code is for those who are to join.
Outcome<LinkId> link_named(const std::string& word) {
    if (!word.empty() && word.size() <= std::size_t{limits::id_chars_max}) return LinkId(word);
    return stop(ExitCode::usage, "That is no link. parley links CONVERSATION lists them.");
}

std::string people(std::int64_t count) {
    return std::to_string(count) + (count == 1 ? " person" : " people");
}

}  // namespace

Outcome<ExitCode> run(Session& session, const LinkCommand& command) {
    TRY(session.require_online());
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    protocol::LinkCreate create{.target = place.target, .role = command.role, .uses = command.uses};
    if (command.length) create.lasts_ms = length_named(*command.length).value_or(Duration{}).ms;
    TRY_ASSIGN(const auto settled, session.carry_out(std::move(create)));
    if (settled.links.empty()) {
        return stop(ExitCode::failed,
                    "A link was made, but its code was lost with a parley that ended at that moment. See: "
                    "parley links " +
                        place.label);
    }
    const auto& link = settled.links.front();
    JsonLine object;
    if (settled.stream) object.text("conversation", settled.stream->text());
    fill(object, link);
    Terminal& terminal = session.terminal();
    terminal.line(object);
    terminal.line("Good " + standing_of(link) + ". Whoever has the code can join " + place.label + " as " +
                  with_article(link.role) + ":");
    terminal.line("  parley join " + harmless_line(link.code.value_or("")));
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const LinksCommand& command) {
    TRY(session.require_online());
    Directory directory(session);
    TRY_ASSIGN(const StreamId stream, directory.stream(command.conversation));
    TRY_ASSIGN(const auto settled, session.carry_out(protocol::LinkList{.stream = stream}));
    Terminal& terminal = session.terminal();
    for (const auto& link : settled.links) {
        JsonLine object;
        fill(object, link);
        terminal.line(object);
        terminal.line(terminal.bold(harmless_line(link.id.text())) + "  " +
                      harmless_line(link.code.value_or("(for those above you)")));
        terminal.line("  for a " + std::string(name_of(link.role)) + ", " + standing_of(link) + "; made by " +
                      label_of(directory.sender(stream, link.by)) + ", " + local_stamp(link.at));
    }
    if (settled.links.empty()) terminal.line("There are no invite links. parley link makes one.");
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const UnlinkCommand& command) {
    TRY_ASSIGN(const LinkId link, link_named(command.link));
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    return change(session, protocol::LinkRevoke{.target = place.target, .link = link},
                  "Nobody joins " + place.label + " by this link any more. Who has joined stays.");
}

Outcome<ExitCode> run(Session& session, const LookCommand& command) {
    TRY(session.require_online());
    TRY_ASSIGN(const auto settled, session.carry_out(protocol::LinkLook{.code = command.code}));
    if (!settled.view)
        return stop(ExitCode::failed, "What the server said was lost with a parley that ended. Try again.");
    const auto& view = *settled.view;
    JsonLine object;
    object.text("title", view.title).integer("members", view.members).text("role", name_of(view.role));
    object.boolean("shares_history", view.shares_history).boolean("joined", view.stream.has_value());
    if (view.stream) object.text("conversation", view.stream->text());
    if (view.expires_at) object.integer("expires_at", view.expires_at->ms);
    Terminal& terminal = session.terminal();
    terminal.line(object);
    terminal.line(terminal.bold(harmless_line(view.title)) + ", " + people(view.members) + ".");
    if (view.stream) {
        terminal.line("You are in it already, as " + with_article(view.role) + ".");
        return ExitCode::done;
    }
    terminal.line("You would be " + with_article(view.role) + " there, and see what is said from then on" +
                  (view.shares_history ? ", and what was said since it shares its history." : "."));
    if (view.expires_at) terminal.line("The link is good until " + local_stamp(*view.expires_at) + ".");
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const JoinCommand& command) {
    auto done = session.carry_out(protocol::LinkJoin{.code = command.code});
    if (!done && done.error().code == ErrorCode::limit)
        done.error().sentence = "This group is full: somebody has to leave before you can join.";
    TRY_ASSIGN(const auto settled, std::move(done));
    JsonLine object;
    std::string group = "the group";
    if (settled.stream) {
        object.text("conversation", settled.stream->text());
        // Told before the answer, unless that came on another connection.
        if (const auto view = conversation(session, *settled.stream)) {
            group = label_of(*view);
            if (view->summary.title) object.text("title", *view->summary.title);
        }
    }
    session.terminal().line(object);
    session.terminal().line("You are in " + group + ".");
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const ShareHistoryCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    const std::string done =
        command.off
            ? "Whoever joins " + place.label +
                  " sees what is said from then on. Who has joined keeps what he sees."
            : "What is said in " + place.label +
                  " from now on is for those, too, who join later. What was said before stays with those who "
                  "were there.";
    return change(session, protocol::HistoryShare{.target = place.target, .shared = !command.off}, done);
}

}  // namespace parley::client::cli
