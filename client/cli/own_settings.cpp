// What a person sets for himself in a conversation.

#include "client/cli/commands.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/moments.hpp"
#include "client/cli/text.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <utility>

namespace parley::client::cli {

namespace {

using protocol::Notify;
using protocol::PreferencesSet;

/// Carries out what sets something, and says what is so from now on.
Outcome<ExitCode> set(Session& session, protocol::Payload command, const std::string& done) {
    auto settled = session.carry_out(std::move(command));
    if (!settled && settled.error().code == ErrorCode::conversation_not_member) {
        settled.error().sentence =
            "You are not in this conversation, or it has not begun: the first message begins it, and then "
            "this can be set.";
    }
    TRY(settled);
    JsonLine object;
    object.text("id", settled->command.text());
    if (settled->stream) object.text("conversation", settled->stream->text());
    session.terminal().line(object);
    session.terminal().line(done);
    return ExitCode::done;
}

std::string_view sentence_of(Notify rule) {
    switch (rule) {
        case Notify::all:
            return "alerts you to every message";
        case Notify::mentions:
            return "alerts you, and counts, where you are named";
        case Notify::silent:
            return "counts, and alerts you to nothing";
        case Notify::none:
            break;
    }
    return "neither alerts you nor counts";
}

/// The draft that is there, for people and programs.
Outcome<ExitCode> show_draft(Session& session, const Place& place) {
    const auto draft = place.view ? place.view->draft : std::nullopt;
    JsonLine object;
    if (place.stream) object.text("conversation", place.stream->text());
    object.text("text", draft ? draft->text : "");
    if (draft && draft->reply_to) object.text("reply_to", draft->reply_to->text());
    if (draft) object.integer("at", draft->at.ms);
    session.terminal().line(object);
    session.terminal().line(draft ? harmless_block(draft->text, 0)
                                  : "There is no draft for " + place.label + ".");
    return ExitCode::done;
}

}  // namespace

Outcome<ExitCode> run(Session& session, const MuteCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    PreferencesSet wanted{.target = place.target};
    if (command.off) {
        wanted.muted_until = WallTime{};
        return set(session, std::move(wanted), place.label + " is not muted any more.");
    }
    TRY(session.go_online(session.deadline(), false));
    TRY_ASSIGN(const auto status, session.status());
    // It ends by the server's clock, whatever this machine's shows.
    const WallTime now = status.server_time.value_or(read_clocks().wall);
    WallTime until{limits::muted_forever};
    if (command.length) until = now + length_named(*command.length).value_or(Duration{});
    if (command.until) until = moment_named(*command.until, now).value_or(WallTime{});
    if (until <= now) {
        return stop(ExitCode::usage,
                    "That moment is past. Nothing was done. To end a mute: parley mute "
                    "CONVERSATION --off");
    }
    wanted.muted_until = until;
    if (command.length && !status.server_time) {
        session.terminal().note("The server" + session.offline_reason() +
                                ": the end is reckoned by this machine's clock.");
    }
    const bool ends = until.ms < limits::muted_forever;
    return set(session, std::move(wanted),
               place.label + " is muted" + (ends ? " until " + local_stamp(until) : "") +
                   ", and not counted in the badge.");
}

Outcome<ExitCode> run(Session& session, const ArchiveCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    return set(session, PreferencesSet{.target = place.target, .archived = !command.off},
               command.off ? place.label + " is back among the others."
                           : place.label +
                                 " is archived: it stands behind all others, and is not counted "
                                 "in the badge. To take it out: --off");
}

Outcome<ExitCode> run(Session& session, const PinCommand& command) {
    if (!command.message.empty()) return pin_message(session, command);
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    return set(session, PreferencesSet{.target = place.target, .pinned = !command.off},
               place.label + (command.off ? " is not pinned any more." : " stands at the top of the list."));
}

Outcome<ExitCode> run(Session& session, const MarkUnreadCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    return set(session, PreferencesSet{.target = place.target, .marked_unread = true},
               place.label + " is marked as unread, until you read it: parley read");
}

Outcome<ExitCode> run(Session& session, const NotifyCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    return set(session, PreferencesSet{.target = place.target, .notify = command.rule},
               place.label + " " + std::string(sentence_of(command.rule)) + ".");
}

Outcome<ExitCode> run(Session& session, const DraftCommand& command) {
    const bool sets = command.clear || !command.words.empty();
    std::string text = joined(command.words);
    if (!command.words.empty() && is_blank(text)) {
        return stop(ExitCode::usage,
                    "The draft is empty. To take it away: parley draft CONVERSATION --clear. Nothing was "
                    "changed.");
    }
    // What other devices have written is shown, where the server can be reached.
    if (!sets) TRY(session.go_online(session.deadline(), false));
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    if (!sets) return show_draft(session, place);
    return set(session, protocol::DraftSet{.target = place.target, .text = std::move(text)},
               command.clear ? "There is no draft for " + place.label + " any more."
                             : "Kept as a draft for " + place.label + ", on all your devices.");
}

}  // namespace parley::client::cli
