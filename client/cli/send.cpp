#include "client/cli/commands.hpp"
#include "client/cli/custom.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/rich_text.hpp"
#include "client/cli/sender.hpp"
#include "client/cli/text.hpp"
#include "client/cli/whole_input.hpp"
#include "client/net/line_input.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace parley::client::cli {

namespace {

/// Who is named. Whoever is no member will not see it, which the sender may not know.
Outcome<std::vector<AccountId>> named(Session& session, Directory& directory, const Place& place,
                                      const std::vector<std::string>& words) {
    std::vector<AccountId> accounts;
    if (words.empty()) return accounts;
    std::vector<protocol::ViewMember> members;
    if (place.stream) {
        TRY_ASSIGN(members, session.members(*place.stream));
    }
    for (const std::string& word : words) {
        TRY_ASSIGN(const auto person, directory.person(word));
        if (std::ranges::find(accounts, person.account) != accounts.end()) continue;
        accounts.push_back(person.account);
        const bool in = std::ranges::any_of(members, [&](const auto& member) {
            return member.present && member.profile.account == person.account;
        });
        if (in || members.empty()) continue;
        session.terminal().note(label_of(person) + " is not in " + place.label + " and will not see this.");
    }
    return accounts;
}

/// What is said to an application; absent: nothing.
Outcome<std::optional<protocol::Custom>> custom_asked(Session& session, const SendCommand& command) {
    if (!command.custom) return std::nullopt;
    if (!command.data) return stop(ExitCode::usage, "--custom goes with --data. Nothing was sent.");
    if (command.whole || command.markdown)
        return stop(ExitCode::usage,
                    "With --custom the text stands on the command line, or there is none. Nothing was sent.");
    TRY_ASSIGN(auto custom, custom_of(session, *command.custom, *command.data));
    return custom;
}

}  // namespace
Outcome<ExitCode> run(Session& session, const SendCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(Place place, directory.conversation(command.conversation));
    TRY_ASSIGN(auto mentions, named(session, directory, place, command.mentions));
    TRY_ASSIGN(auto custom, custom_asked(session, command));
    const bool at_terminal = ::isatty(STDIN_FILENO) == 1;
    const bool typed = !command.words.empty() || at_terminal;
    const bool markdown = command.markdown || (typed && !command.plain);
    auto names = markdown ? std::optional(names_in(session, place)) : std::nullopt;
    Sender sender(session, std::move(place), command);
    if (names) sender.read_markdown(std::move(*names));
    sender.mention(std::move(mentions));
    const bool says_nothing_else = custom && command.words.empty();
    if (custom) sender.say_to_application(std::move(*custom));
    if (command.reply_to) {
        const auto id = Uuid::parse(*command.reply_to);
        if (!id) return stop(ExitCode::usage, "--reply-to takes the id of a message, as --json prints it.");
        sender.answer(*id);
    }
    if (says_nothing_else) return sender.send_one({});
    if (!command.words.empty()) {
        if (command.whole)
            return stop(ExitCode::usage,
                        "--whole is for standard input, and the message stands on the command line. Nothing "
                        "was sent.");
        std::string text = joined(command.words);
        if (is_blank(text)) return stop(ExitCode::usage, "The message is empty. Nothing was sent.");
        return sender.send_one(std::move(text));
    }
    if (at_terminal) session.terminal().note_at_terminal("Each line is a message. End with Ctrl-D.");
    LineInput input(session.account().loop(), STDIN_FILENO);
    if (!command.whole) return sender.send_lines(input);
    TRY_ASSIGN(std::string text, read_whole(session, input));
    return sender.send_one(std::move(text));
}

Outcome<ExitCode> run(Session& session, const ForwardCommand& command) {
    Directory directory(session);
    TRY(session.go_online(session.deadline(), false));
    TRY_ASSIGN(const Place from, directory.conversation(command.conversation));
    TRY_ASSIGN(Place to, directory.conversation(command.to));
    if (!from.stream) {
        return stop(ExitCode::not_found,
                    "There is nothing on the server yet that could be forwarded from there.");
    }
    std::vector<protocol::ForwardOf> messages;
    for (const std::string& word : command.messages) {
        TRY_ASSIGN(const auto message, message_named(session, from, word, Last::of_anybody));
        if (message.deleted)
            return stop(ExitCode::not_found,
                        "This message was deleted: there is nothing to forward. Nothing was sent.");
        protocol::ForwardOf one{.stream = *from.stream, .message = message.id};
        if (!message.own) one.sender = message.sender;
        messages.push_back(std::move(one));
    }
    const SendCommand as_sent{.no_wait = command.no_wait, .silent = command.silent};
    Sender sender(session, std::move(to), as_sent);
    return sender.forward(std::move(messages));
}

}  // namespace parley::client::cli
