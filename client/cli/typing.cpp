#include "client/cli/commands.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/text.hpp"
#include "client/cli/typing_watch.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace parley::client::cli {

namespace {

/// Within which the core is told of a key, so that what others see does not flicker.
constexpr Duration key_interval = milliseconds(limits::typing_again_ms);

std::string verb_of(protocol::TypingKind kind) {
    return kind == protocol::TypingKind::voice ? " is recording" : " is typing";
}

}  // namespace

Outcome<ExitCode> run(Session& session, const TypingCommand& command) {
    TRY(refuse_offline(session.common()));
    TRY(session.require_online());
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    if (!place.stream)
        return stop(ExitCode::not_found, "Nothing has been said with " + place.label + " yet.");
    const auto say = [&](protocol::TypingKind kind) {
        return session.ask({.typing = protocol::DoorTyping{.stream = *place.stream, .kind = kind}});
    };
    const auto kind = command.recording ? protocol::TypingKind::voice : protocol::TypingKind::text;
    const Instant end = read_clocks().instant + seconds(command.seconds);
    while (!session.interrupted() && read_clocks().instant < end) {
        TRY(say(kind));
        const Instant next = std::min(end, read_clocks().instant + key_interval);
        while (!session.interrupted() && read_clocks().instant < next) {
            TRY(session.wait([] { return false; }, next));
            while (session.take_notice()) {
            }
        }
    }
    TRY(say(protocol::TypingKind::stopped));
    return ExitCode::done;
}

Outcome<void> TypingWatch::look(const std::optional<StreamId>& only) {
    protocol::DoorLook look;
    if (only) {
        look.streams.push_back(*only);
    } else {
        TRY_ASSIGN(const auto all, session_.conversations());
        for (const auto& one : all) {
            if (std::cmp_greater_equal(look.streams.size(), limits::looks_max)) break;
            if (one.stream && one.present) look.streams.push_back(*one.stream);
        }
    }
    TRY(session_.ask({.look = std::move(look)}));
    return {};
}

void TypingWatch::tell(const protocol::ViewConversation& shown) {
    auto& known = typing_[*shown.stream];
    std::map<AccountId, protocol::TypingKind> now;
    for (const auto& one : shown.typing)
        now.emplace(one.account, one.kind);
    if (now == known) return;
    if (session_.terminal().json()) {
        std::vector<std::string> handles;
        for (const auto& one : shown.typing)
            handles.push_back(directory_.sender(*shown.stream, one.account).handle);
        JsonLine line;
        line.text("conversation", shown.stream->text()).texts("typing", handles);
        session_.terminal().line(line);
    } else {
        for (const auto& [account, kind] : now) {
            const auto before = known.find(account);
            if (before != known.end() && before->second == kind) continue;
            const std::string who = label_of(directory_.sender(*shown.stream, account));
            session_.terminal().line(
                session_.terminal().dim("* " + who + verb_of(kind) + " in " + label_of(shown)));
        }
    }
    known = std::move(now);
}

}  // namespace parley::client::cli
