#include "client/cli/commands.hpp"
#include "client/cli/custom.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/messages.hpp"
#include "client/cli/rich_text.hpp"
#include "client/cli/text.hpp"
#include "core/door/views.hpp"
#include "core/rules/text.hpp"

#include <algorithm>
#include <set>

namespace parley::client::cli {

namespace {

constexpr std::size_t label_columns = 28;
constexpr std::size_t preview_columns = 60;
constexpr std::size_t draft_columns = 30;

/// Lets what the server has come in first; false: it cannot be reached.
Outcome<bool> refresh(Session& session) {
    TRY_ASSIGN(const bool online, session.go_online(session.deadline(), false));
    if (!online && !session.common().offline) {
        session.terminal().note("The server" + session.offline_reason() + "; this is what the device holds.");
    }
    return online;
}

/// Titles by which no group can be named, since the person is in several of them. `more`: the title of one
/// that is to come.
std::set<std::string> titles_taken_twice(const std::vector<protocol::ViewConversation>& all,
                                         const std::optional<std::string>& more = std::nullopt) {
    std::set<std::string> seen;
    std::set<std::string> twice;
    if (more) seen.insert(*more);
    for (const auto& one : all) {
        if (!one.present || !one.summary.title) continue;
        if (!seen.insert(*one.summary.title).second) twice.insert(*one.summary.title);
    }
    return twice;
}

/// Where the title alone does not name it: the id, which does.
std::string id_beside_title(const protocol::ViewConversation& one, const std::set<std::string>& twice) {
    if (!one.summary.title || !twice.contains(*one.summary.title)) return {};
    if (one.stream) return "  " + one.stream->text();
    return one.made_by ? "  " + one.made_by->text() : std::string();
}

/// What the person has set, in a few words.
std::string own_settings_of(const protocol::ViewConversation& one) {
    std::string words;
    const auto add = [&](const std::string& word) {
        words += (words.empty() ? "" : ", ") + word;
    };
    if (one.pinned) add("pinned");
    if (one.blocked) add("blocked");
    if (one.muted) add(one.muted_until ? "muted until " + local_stamp(*one.muted_until) : "muted");
    if (one.archived) add("archived");
    if (one.notify != protocol::Notify::all) add("notify: " + std::string(name_of(one.notify)));
    return words;
}

void print(Terminal& terminal, const protocol::ViewConversation& one, const std::set<std::string>& twice) {
    JsonLine object;
    if (one.stream) object.text("conversation", one.stream->text());
    if (one.made_by) object.text("made_by", one.made_by->text());
    if (one.peer) object.text("direct", one.peer->text());
    object.text("kind", name_of(one.summary.kind));
    if (one.summary.title) object.text("title", *one.summary.title);
    if (one.summary.peer) object.text("peer", one.summary.peer->handle).text("name", one.summary.peer->name);
    object.integer("members", one.summary.members).text("role", name_of(one.summary.role));
    object.integer("unread", one.unread).integer("mentions", one.mentions).integer("read", one.read);
    object.integer("head", one.head).boolean("present", one.present).boolean("complete", one.complete);
    if (one.unreadable > 0) object.integer("unreadable", one.unreadable);
    object.boolean("muted", one.muted).boolean("archived", one.archived).boolean("pinned", one.pinned);
    if (one.muted_until) object.integer("muted_until", one.muted_until->ms);
    object.boolean("marked_unread", one.marked_unread).text("notify", name_of(one.notify));
    object.integer("badge", one.badge);
    if (one.blocked) object.boolean("blocked", true);
    if (one.draft) object.text("draft", one.draft->text);
    if (one.failure) {
        object.text("error", name_of(one.failure->code))
            .text("message", problem_of(core::error_of(*one.failure)).sentence);
    }
    if (one.last) {
        JsonLine last;
        last.text("id", one.last->id.text())
            .integer("born", one.last->born)
            .text("sender", one.last->sender.text());
        last.text("text", one.last->text)
            .integer("at", one.last->at.ms)
            .text("state", name_of(one.last->state));
        if (!one.last->entities.empty()) last.objects("entities", objects_of(one.last->entities));
        if (one.last->silent) last.boolean("silent", true);
        if (one.last->custom) last.object("custom", object_of(*one.last->custom));
        if (one.last->forwarded) last.object("forwarded", object_of(*one.last->forwarded));
        if (one.last->deleted) last.boolean("deleted", true);
        if (one.last->blocked) last.boolean("blocked", true);
        object.object("last", last.take());
    }
    terminal.line(object);

    // Nothing came of it; the outbox says why. Programs are told by `error`.
    if (!one.stream && one.failure && one.summary.kind == protocol::ConversationKind::direct) return;
    const std::string id = id_beside_title(one, twice);
    const std::size_t id_columns = std::min(columns(id), label_columns - 1);
    std::string line =
        padded(first_columns(label_of(one), label_columns - id_columns) + id, label_columns) + "  ";
    std::string unread = one.unread > 0 ? std::to_string(one.unread) + (one.mentions > 0 ? " @" : "") : "";
    if (unread.empty() && one.marked_unread) unread = "*";
    line += padded(unread, 6);
    if (one.last) {
        const std::string instead(instead_of(one, *one.last));
        std::string said = !instead.empty() ? instead : plain_line({one.last->text, one.last->entities});
        if (one.last->custom && said.empty()) said = kind_mark(*one.last->custom);
        const std::string text = (one.last->own ? "you: " : "") + said;
        line += terminal.dim(local_stamp(one.last->at)) + "  " + first_columns(text, preview_columns);
    }
    if (one.draft)
        line += terminal.dim("  draft: " + first_columns(harmless_line(one.draft->text), draft_columns));
    if (const std::string set = own_settings_of(one); !set.empty()) line += terminal.dim("  (" + set + ")");
    if (!one.present) line += terminal.dim("  (you are out)");
    if (!one.stream)
        line += terminal.dim("  " + (one.failure ? state_of_pending(one) : "(not on the server yet)"));
    terminal.line(unread.empty() ? line : terminal.bold(line));
}

/// A title by which the group can be named on a command line again.
Outcome<void> check_title(const std::string& title) {
    if (title.starts_with('@')) {
        return stop(ExitCode::usage,
                    "A title does not begin with @, which names a person. Nothing was done.");
    }
    if (const auto fits = core::rules::check_name(title, "title"); !fits)
        return stop(ExitCode::usage, "A title " + fits.error().context + ". Nothing was done.");
    return {};
}

void print_change(Session& session, const protocol::DoorSettled& settled, const std::string& done) {
    JsonLine object;
    object.text("id", settled.command.text());
    if (settled.stream) object.text("conversation", settled.stream->text());
    session.terminal().line(object);
    session.terminal().line(done);
}

}  // namespace

Outcome<ExitCode> change(Session& session, protocol::Payload command, const std::string& done) {
    TRY_ASSIGN(const auto settled, session.carry_out(std::move(command)));
    print_change(session, settled, done);
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const ConversationsCommand& command) {
    TRY(refresh(session));
    TRY_ASSIGN(auto all, session.conversations());
    const std::set<std::string> twice = titles_taken_twice(all);
    if (command.limit && std::ssize(all) > *command.limit)
        all.resize(static_cast<std::size_t>(*command.limit));
    for (const auto& one : all)
        print(session.terminal(), one, twice);
    if (all.empty()) {
        session.terminal().line("No conversations yet. Begin one with: parley send @HANDLE \"Hello\"");
    }
    TRY_ASSIGN(const auto badge, session.badge());
    if (badge > 0) session.terminal().line(session.terminal().dim("Badge: " + std::to_string(badge)));
    return ExitCode::done;
}

namespace {

/// The group and its first message go into the outbox together, so that the message waits where the group has
/// to.
Outcome<ExitCode> make_group(Session& session, const NewCommand& command, std::vector<AccountId> members) {
    const Uuid group = session.new_id();
    const Uuid message = session.new_id();
    std::vector<protocol::Envelope> commands{
        {.id = group,
         .payload = protocol::ConversationCreate{.title = command.title,
                                                 .members = std::move(members),
                                                 .shares_history = command.shares_history}}};
    if (command.text) {
        // Who is in it turns out when it is there.
        protocol::MessageSend first{.target = {.made_by = group}};
        say(first, *command.text, {.member = {}, .all = true});
        commands.push_back({.id = message, .payload = std::move(first)});
    }
    TRY_ASSIGN(const auto known, session.conversations());
    const bool taken = titles_taken_twice(known, command.title).contains(command.title);
    TRY_ASSIGN(const Settlement done, session.carry_out(commands));
    const auto fate = [&](const Uuid& id) -> const protocol::DoorSettled* {
        const auto found = done.settled.find(id);
        return found == done.settled.end() ? nullptr : &found->second;
    };
    const auto* made = fate(group);
    const auto* said = fate(message);
    if (made && made->failure) return std::unexpected(problem_of(core::error_of(*made->failure)));
    JsonLine object;
    if (made && made->stream)
        object.text("conversation", made->stream->text());
    else
        object.text("made_by", group.text());
    object.text("title", command.title);
    if (command.text) {
        object.text("id", message.text());
        object.text("state", !said ? "queued" : said->failure ? "failed" : "sent");
    }
    session.terminal().line(object);
    const std::string title = "the group " + harmless_line(command.title);
    if (!made)
        return std::unexpected(
            session.not_accepted_yet(title + (command.text ? " and its first message" : "")));
    session.terminal().line("The group " + harmless_line(command.title) + " is there.");
    if (taken) {
        session.terminal().note(
            "You are in another group of this title, too: send and read take the ids of "
            "such groups, which parley conversations shows. Another title: parley rename " +
            (made->stream ? harmless_line(made->stream->text()) : group.text()) + " TITLE");
    }
    if (!command.text) return ExitCode::done;
    if (!said) return std::unexpected(session.not_accepted_yet("the first message to " + title));
    if (said->failure) return std::unexpected(problem_of(core::error_of(*said->failure)));
    session.terminal().line("Sent to " + harmless_line(command.title) + ".");
    return ExitCode::done;
}

}  // namespace

Outcome<ExitCode> run(Session& session, const NewCommand& command) {
    if (command.text && is_blank(*command.text))
        return stop(ExitCode::usage, "The first message is empty. Nothing was done.");
    Directory directory(session);
    Terminal& terminal = session.terminal();
    if (command.direct) {
        if (!command.people.empty())
            return stop(ExitCode::usage,
                        "A direct conversation has one other person; for more: parley new TITLE @ada @bob");
        TRY_ASSIGN(const auto person, directory.person(command.title));
        if (command.text)
            return run(session, SendCommand{.conversation = "@" + person.handle, .words = {*command.text}});
        JsonLine object;
        object.text("account", person.account.text()).text("handle", person.handle);
        terminal.line(object);
        terminal.line(label_of(person) +
                      " is there. The first message begins the conversation: parley send @" + person.handle +
                      " \"Hello\"");
        return ExitCode::done;
    }
    TRY(check_title(command.title));
    TRY_ASSIGN(auto members, directory.people(command.people));
    return make_group(session, command, std::move(members));
}

Outcome<ExitCode> run(Session& session, const MembersCommand& command) {
    TRY_ASSIGN(const bool online, refresh(session));
    Directory directory(session);
    TRY_ASSIGN(const StreamId stream, directory.stream(command.conversation));
    TRY_ASSIGN(auto members, session.members(stream));
    // Rows of members say what was so when they were written.
    if (online && !directory.renew(members))
        session.terminal().note(
            "These are the names that this device knows; the server did not say them anew.");
    for (const auto& member : members) {
        JsonLine object;
        object.text("account", member.profile.account.text()).text("handle", member.profile.handle);
        object.text("name", member.profile.name)
            .text("role", name_of(member.role))
            .boolean("present", member.present);
        object.integer("delivered", member.delivered).integer("read", member.read);
        if (member.invited_by) object.text("invited_by", member.invited_by->text());
        session.terminal().line(object);
        if (!member.present) continue;
        std::string line = padded(label_of(member.profile), 32) + "  " + std::string(name_of(member.role));
        if (member.invited_by)
            line += ", by a link of " + label_of(directory.sender(stream, *member.invited_by));
        session.terminal().line(line);
    }
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const AddCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    std::vector<AccountId> people;
    std::string added;
    std::string there;
    std::vector<protocol::ViewMember> members;
    for (const std::string& word : command.people) {
        TRY_ASSIGN(const auto person, directory.person(word));
        if (std::ranges::find(people, person.account) != people.end()) continue;
        // After the first question to the server, so that what it knows has come in.
        if (people.empty() && place.stream) {
            TRY_ASSIGN(members, session.members(*place.stream));
        }
        people.push_back(person.account);
        const bool present = std::ranges::any_of(members, [&](const auto& member) {
            return member.present && member.profile.account == person.account;
        });
        std::string& names = present ? there : added;
        names += (names.empty() ? "@" : ", @") + harmless_line(person.handle);
    }
    // The server decides; whoever is in stays as he is.
    std::string done;
    if (!added.empty())
        done = place.label + " has them now: " + added + ". They see what is said from now on" +
               (place.view && place.view->summary.history_from
                    ? ", and what was said since the group shares its history."
                    : ".");
    if (!there.empty())
        done += (done.empty() ? "" : " ") + ("Already in " + place.label + ": " + there + ".");
    return change(session, protocol::MemberAdd{.target = place.target, .accounts = std::move(people)}, done);
}

Outcome<ExitCode> run(Session& session, const RemoveCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    std::vector<protocol::Envelope> removals;
    std::vector<std::string> names;
    for (const std::string& word : command.people) {
        TRY_ASSIGN(const auto person, directory.person(word));
        const std::string name = "@" + harmless_line(person.handle);
        if (std::ranges::find(names, name) != names.end()) continue;
        names.push_back(name);
        removals.push_back(
            {.id = session.new_id(),
             .payload = protocol::MemberRemove{.target = place.target, .account = person.account}});
    }
    TRY_ASSIGN(const Settlement done, session.carry_out(removals));
    std::string waiting;
    std::optional<Problem> refusal;
    for (std::size_t i = 0; i < removals.size(); ++i) {
        const auto settled = done.settled.find(*removals[i].id);
        if (settled == done.settled.end()) {
            waiting += (waiting.empty() ? "" : ", ") + names[i];
        } else if (settled->second.failure) {
            Problem problem = problem_of(core::error_of(*settled->second.failure));
            problem.sentence = names[i] + ": " + problem.sentence;
            if (!refusal) refusal = std::move(problem);
        } else {
            print_change(session, settled->second, "Removed " + names[i] + " from " + place.label + ".");
        }
    }
    if (!waiting.empty()) {
        Problem problem = session.not_accepted_yet("the removal of " + waiting + " from " + place.label);
        if (!refusal) return std::unexpected(std::move(problem));
        refusal->sentence += " " + problem.sentence;
    }
    if (refusal) return std::unexpected(std::move(*refusal));
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const LeaveCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    return change(session, protocol::ConversationLeave{.target = place.target},
                  "You left " + place.label + ". What was said so far stays readable here.");
}

Outcome<ExitCode> run(Session& session, const RenameCommand& command) {
    TRY(check_title(command.title));
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    return change(session, protocol::ConversationRename{.target = place.target, .title = command.title},
                  place.label + " is called " + harmless_line(command.title) + " now.");
}

Outcome<ExitCode> run(Session& session, const ReadCommand& command) {
    TRY(refresh(session));
    Directory directory(session);
    TRY_ASSIGN(const StreamId stream, directory.stream(command.conversation));
    TRY_ASSIGN(const auto known, conversation(session, stream));
    std::int64_t upto = command.upto.value_or(known.read);
    if (command.upto) {
        if (upto > known.head) {
            return stop(ExitCode::not_found, "There is no place " + std::to_string(upto) +
                                                 " in this conversation; the last one is " +
                                                 std::to_string(known.head) + ".");
        }
    } else {
        TRY_ASSIGN(const auto newest, session.window({.stream = stream, .limit = 50}));
        for (const auto& message : newest.messages)
            upto = std::max(upto, message.born);
    }
    return change(session, protocol::Read{.target = {.stream = stream}, .upto = upto}, "Marked as read.");
}

}  // namespace parley::client::cli
