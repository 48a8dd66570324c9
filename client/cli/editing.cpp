#include "client/cli/commands.hpp"
#include "client/cli/custom.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/messages.hpp"
#include "client/cli/rich_text.hpp"
#include "client/cli/text.hpp"
#include "core/door/views.hpp"
#include "core/rules/emoji.hpp"
#include "core/rules/entities.hpp"

#include <algorithm>
#include <ranges>

namespace parley::client::cli {

namespace {

/// So far back a message is looked for, by its id.
constexpr std::int64_t looked_at_max = 1000;
/// In these it is mostly found, so that no more need be fetched.
constexpr std::int64_t looked_at_first = 50;

Outcome<protocol::ViewWindow> newest_messages(Session& session, const Place& place, std::int64_t limit) {
    if (!place.stream) return session.window({.limit = limit, .target = place.target});
    TRY_ASSIGN(const auto shown, conversation(session, *place.stream));
    return whole_window(session, shown, {.stream = *place.stream, .limit = limit});
}

}  // namespace

Outcome<protocol::ViewMessage> message_named(Session& session, const Place& place, const std::string& word,
                                             Last last) {
    const auto id = Uuid::parse(word);
    const bool own = last == Last::own;
    if (!id && word != "last") {
        return stop(ExitCode::usage, "MESSAGE is the id of a message, as --json prints it, or last for " +
                                         std::string(own ? "your" : "the") + " newest one.");
    }
    for (const std::int64_t limit : {looked_at_first, looked_at_max}) {
        TRY_ASSIGN(const auto window, newest_messages(session, place, limit));
        const auto newest_first = window.messages | std::views::reverse;
        auto found = std::ranges::find_if(newest_first, [&](const protocol::ViewMessage& message) {
            if (id) return message.own && message.id == *id;
            return (message.own || !own) && !message.deleted && message.state != protocol::ViewState::failed;
        });
        // An id belongs to its sender: somebody else may have given his message the id of an own one.
        if (id && found == newest_first.end())
            found = std::ranges::find(newest_first, *id, &protocol::ViewMessage::id);
        if (found == newest_first.end()) continue;
        if (found->state != protocol::ViewState::failed) return *found;
        return stop(ExitCode::failed,
                    "The server refused this message, so that nobody has it. Forget it with: parley outbox "
                    "--discard " +
                        found->id.text());
    }
    const std::string among = "among the newest " + std::to_string(looked_at_max) + " of this conversation";
    return stop(ExitCode::not_found,
                id ? "This message is not " + among + ". Ids of messages are shown by: parley history --json"
                   : std::string(own ? "You have" : "Nobody has") + " said " +
                         (own ? "nothing " : "anything ") + among + ".");
}

namespace {

/// The conversation, with what the server has to say of it, where it can be reached.
Outcome<Place> place_named(Session& session, Directory& directory, const std::string& name) {
    TRY(session.go_online(session.deadline(), false));
    return directory.conversation(name);
}

void tell_done(Session& session, const protocol::DoorSettled& settled, const Uuid& message,
               const std::string& done) {
    JsonLine object;
    object.text("id", settled.command.text()).text("message", message.text());
    if (settled.stream) object.text("conversation", settled.stream->text());
    session.terminal().line(object);
    session.terminal().line(done);
}

Outcome<ExitCode> change(Session& session, const protocol::ViewMessage& message, protocol::Payload command,
                         const std::string& done) {
    TRY_ASSIGN(const auto settled, session.carry_out(std::move(command)));
    // Where the server has never got it, it was changed where it waits, and goes out so.
    if (message.born == 0) {
        TRY_ASSIGN(const auto outbox, session.outbox());
        if (std::ranges::count(outbox, message.id, &protocol::ViewCommand::id) > 0)
            return std::unexpected(session.not_accepted_yet({}));
    }
    tell_done(session, settled, message.id, done);
    return ExitCode::done;
}

/// Whom it names besides those who stand in its text: they are kept, whatever it says from now on.
std::vector<AccountId> named_without_a_place(const protocol::ViewMessage& message) {
    auto named = message.mentions;
    for (const auto& entity : message.entities)
        if (entity.account) std::erase(named, *entity.account);
    return named;
}

/// What is pinned, as the server has it where it can be reached.
Outcome<std::vector<protocol::ViewPin>> pins_of(Session& session, const Place& place) {
    if (!place.stream) return std::vector<protocol::ViewPin>{};
    return session.pins(*place.stream);
}

}  // namespace

Outcome<ExitCode> run(Session& session, const EditCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, place_named(session, directory, command.conversation));
    TRY_ASSIGN(const auto message, message_named(session, place, command.message));
    if (!message.own) return stop(ExitCode::failed, "Somebody else wrote this; only he can edit it.");
    if (message.deleted)
        return stop(ExitCode::not_found, "This message was deleted, and what is deleted cannot be edited.");
    if (message.forwarded)
        return stop(ExitCode::failed, "You have forwarded this: nobody edits another's words.");
    auto custom = message.custom;
    if (command.data) {
        if (!custom) return stop(ExitCode::usage, "This message says nothing to an application.");
        TRY_ASSIGN(custom, custom_of(session, custom->kind, *command.data));
    }
    const bool data_alone = command.data && command.words.empty();
    std::string text = data_alone ? message.text : joined(command.words);
    if (is_blank(text) && !data_alone) {
        return stop(ExitCode::usage,
                    "The new text is empty. To take a message away: parley delete. Nothing was changed.");
    }
    protocol::MessageEdit edit{.target = place.target,
                               .message = message.id,
                               .text = text,
                               .mentions = named_without_a_place(message),
                               .custom = std::move(custom)};
    if (data_alone) {
        edit.entities = message.entities;
        return change(session, message, std::move(edit), "Edited.");
    }
    auto names = names_in(session, place);
    names.all = names.all || core::rules::names_all(message.entities);
    if (!command.plain) say(edit, text, names);
    return change(session, message, std::move(edit), "Edited. Everybody there sees the new text.");
}

Outcome<ExitCode> run(Session& session, const DeleteCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, place_named(session, directory, command.conversation));
    TRY_ASSIGN(const auto message, message_named(session, place, command.message));
    protocol::MessageDelete deletion{.target = place.target, .message = message.id};
    if (!message.own) deletion.sender = message.sender;
    const std::string sentence = message.born == 0 ? "Deleted: nobody will see it any more."
                                                   : "Deleted for everyone in " + place.label + ".";
    auto done = change(session, message, std::move(deletion), sentence);
    if (!done && done.error().code == ErrorCode::not_allowed) {
        const bool group = place.view && place.view->summary.kind == protocol::ConversationKind::group;
        done.error().sentence = group ? "Somebody else wrote this. " + done.error().sentence
                                      : "Somebody else wrote this; only he can delete it.";
    }
    return done;
}

Outcome<ExitCode> run(Session& session, const ReactCommand& command) {
    if (!core::rules::check_emoji(command.emoji))
        return stop(ExitCode::usage, "EMOJI is one emoji, such as \U0001F44D. Nothing was done.");
    Directory directory(session);
    TRY_ASSIGN(const Place place, place_named(session, directory, command.conversation));
    TRY_ASSIGN(const auto message, message_named(session, place, command.message, Last::of_anybody));
    if (message.deleted && !command.remove)
        return stop(ExitCode::not_found, "This message was deleted: there is nothing to react to.");
    protocol::MessageReact reaction{
        .target = place.target, .message = message.id, .emoji = command.emoji, .remove = command.remove};
    if (!message.own) reaction.sender = message.sender;
    return change(session, message, std::move(reaction), command.remove ? "Taken back." : "Done.");
}

Outcome<ExitCode> pin_message(Session& session, const PinCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, place_named(session, directory, command.conversation));
    TRY_ASSIGN(const auto message, message_named(session, place, command.message, Last::of_anybody));
    if (message.deleted)
        return stop(ExitCode::not_found, "This message was deleted: there is nothing to pin.");
    protocol::MessagePin pin{.target = place.target, .message = message.id};
    if (!message.own) pin.sender = message.sender;
    return change(session, message, std::move(pin), "Pinned: everybody in " + place.label + " sees it.");
}

Outcome<ExitCode> run(Session& session, const UnpinCommand& command) {
    const auto id = Uuid::parse(command.message);
    if (!id && command.message != "last") {
        return stop(ExitCode::usage,
                    "MESSAGE is the id of a message, as --json prints it, or last for the one pinned last.");
    }
    Directory directory(session);
    TRY_ASSIGN(const Place place, place_named(session, directory, command.conversation));
    TRY_ASSIGN(const auto pins, pins_of(session, place));
    const auto last_first = pins | std::views::reverse;
    const auto found =
        id ? std::ranges::find(last_first, *id, &protocol::ViewPin::id) : std::ranges::begin(last_first);
    if (found == last_first.end())
        return stop(ExitCode::not_found, id ? "This message is not pinned. What is: parley pins"
                                            : "Nothing is pinned in " + place.label + ".");
    TRY_ASSIGN(const auto settled,
               session.carry_out(protocol::MessagePin{
                   .target = place.target, .message = found->id, .sender = found->sender, .remove = true}));
    tell_done(session, settled, found->id, "Unpinned.");
    return ExitCode::done;
}

Outcome<ExitCode> run(Session& session, const PinsCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, place_named(session, directory, command.conversation));
    TRY_ASSIGN(const auto pins, pins_of(session, place));
    if (pins.empty()) session.terminal().line("Nothing is pinned in " + place.label + ".");
    if (pins.empty()) return ExitCode::done;
    TRY_ASSIGN(const auto shown, conversation(session, *place.stream));
    MessagePrinter printer(session, directory, false);
    for (const auto& pin : pins) {
        auto message = pin.message;
        if (!message) {
            TRY_ASSIGN(
                const auto window,
                whole_window(session, shown, {.stream = *place.stream, .around = pin.born, .limit = 2}));
            const auto held = std::ranges::find(window.messages, pin.born, &protocol::ViewMessage::born);
            if (held != window.messages.end()) message = *held;
        }
        if (message) {
            printer.print(shown, *message);
        } else {
            session.terminal().line(JsonLine{}.text("id", pin.id.text()).integer("born", pin.born));
            session.terminal().line("(not on this device yet)  " + pin.id.text());
        }
    }
    return ExitCode::done;
}

Outcome<ExitCode> show_earlier_texts(Session& session, const Place& place, const std::string& word,
                                     bool spoilers) {
    TRY_ASSIGN(const auto message, message_named(session, place, word));
    if (!place.stream || message.born == 0)
        return stop(ExitCode::not_found, "The server does not have this message yet.");
    protocol::MessageHistory request{
        .stream = *place.stream, .message = message.id, .sender = message.sender};
    bool any = false;
    for (bool more = true; more && !session.terminal().closed();) {
        TRY_ASSIGN(const auto part, session.carry_out(request));
        for (const auto& one : part.earlier) {
            any = true;
            JsonLine object;
            object.text("message", message.id.text()).integer("seq", one.seq);
            object.text("text", one.text).integer("at", one.at.ms);
            if (!one.entities.empty()) object.objects("entities", objects_of(one.entities));
            if (one.custom) object.object("custom", object_of(*one.custom));
            session.terminal().line(object);
            const std::string stamp = local_stamp(one.at);
            session.terminal().line(
                session.terminal().dim(stamp) + "  " +
                styled_block(session.terminal(), {one.text, one.entities, spoilers}, columns(stamp) + 2));
        }
        more = part.more && !part.earlier.empty();
        if (more) request.after = part.earlier.back().seq;
    }
    if (!any)
        session.terminal().line(message.deleted ? "It was deleted, with all that it said."
                                                : "It has never said anything else.");
    return ExitCode::done;
}

}  // namespace parley::client::cli
