#include "client/cli/commands.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/group_watch.hpp"
#include "client/cli/messages.hpp"
#include "client/cli/text.hpp"
#include "client/cli/typing_watch.hpp"
#include "protocol/field.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace parley::client::cli {

Outcome<protocol::ViewConversation> conversation(Session& session, const StreamId& stream) {
    TRY_ASSIGN(auto reply, session.ask({.conversation = stream}));
    if (reply.conversations.empty())
        return stop(ExitCode::not_found, "This conversation is not here any more.");
    return std::move(reply.conversations.front());
}

Outcome<protocol::ViewWindow> whole_window(Session& session, const protocol::ViewConversation& shown,
                                           const protocol::DoorWindowQuery& query) {
    const Instant until = session.deadline();
    while (true) {
        TRY_ASSIGN(auto window, session.window(query));
        // Of a conversation that was left nothing comes any more.
        if (!window.missing || !shown.present) return window;
        TRY_ASSIGN(const bool online, session.go_online(until, false));
        if (!online) return window;
        bool touched = false;
        while (!touched) {
            TRY_ASSIGN(const bool happened, session.wait([] { return false; }, until));
            while (const auto notice = session.take_notice())
                touched |= notice->touched == query.stream;
            touched |= session.account().take_changed_owner();
            if (!happened) return window;
        }
    }
}

namespace {

constexpr std::int64_t page_messages = 200;
constexpr std::int64_t window_messages_max = 1000;
constexpr std::int64_t tail_last_default = 10;
/// So many messages that were printed are looked at again.
constexpr std::size_t printed_max = 5000;

/// The newest `born` among them; 0 where none is accepted.
std::int64_t newest_born(const std::vector<protocol::ViewMessage>& messages) {
    std::int64_t newest = 0;
    for (const auto& message : messages)
        newest = std::max(newest, message.born);
    return newest;
}

/// Prints everything from the first message on, page by page.
Outcome<bool> print_all(Session& session, const protocol::ViewConversation& shown, MessagePrinter& printer) {
    std::int64_t after = 0;
    while (!session.interrupted() && !session.terminal().closed()) {
        TRY_ASSIGN(
            const auto window,
            whole_window(session, shown, {.stream = *shown.stream, .after = after, .limit = page_messages}));
        // Pending ones stand at the end, with the last page.
        for (const auto& message : window.messages)
            printer.print(shown, message);
        const std::int64_t newest = newest_born(window.messages);
        if (window.missing && shown.present) return false;
        if (!window.more_after || newest <= after) return true;
        after = newest;
    }
    return true;
}

/// Of an empty conversation. Who was taken into a group sees what is said from then on; others may have said
/// something before.
std::string nothing_said(const protocol::ViewConversation& shown) {
    return shown.from > 1 ? "Nothing has been said here since you joined."
                          : "Nothing has been said here yet.";
}

/// What waits to be sent to a conversation that is not on the server yet.
Outcome<ExitCode> history_of_pending(Session& session, const Place& place, const HistoryCommand& command,
                                     MessagePrinter& printer) {
    if (!place.view) return stop(ExitCode::not_found, "Nothing has been said with " + place.label + " yet.");
    TRY_ASSIGN(const auto window, session.window({.limit = command.all ? window_messages_max : command.limit,
                                                  .target = place.target}));
    for (const auto& message : window.messages)
        printer.print(*place.view, message);
    session.terminal().note("This conversation " + state_of_pending(*place.view));
    if (window.more_before)
        session.terminal().note("Earlier messages of it are not shown; see: parley outbox");
    return ExitCode::done;
}

}  // namespace

Outcome<ExitCode> run(Session& session, const HistoryCommand& command) {
    TRY_ASSIGN(const bool online, session.go_online(session.deadline(), false));
    Directory directory(session);
    TRY_ASSIGN(const Place place, directory.conversation(command.conversation));
    if (command.edits_of) return show_earlier_texts(session, place, *command.edits_of, command.spoilers);
    MessagePrinter printer(session, directory, false);
    printer.show_spoilers(command.spoilers);
    if (!place.stream) return history_of_pending(session, place, command, printer);
    const StreamId& stream = *place.stream;
    TRY_ASSIGN(const auto shown, conversation(session, stream));
    bool complete = true;
    if (command.all) {
        TRY_ASSIGN(complete, print_all(session, shown, printer));
    } else {
        const protocol::DoorWindowQuery query{
            .stream = stream, .around = command.around, .before = command.before, .limit = command.limit};
        TRY_ASSIGN(const auto window, whole_window(session, shown, query));
        for (const auto& message : window.messages)
            printer.print(shown, message);
        complete = !window.missing;
        if (window.messages.empty() && complete) session.terminal().line(nothing_said(shown));
    }
    if (!shown.present) {
        session.terminal().note(
            "You are not in this conversation any more; this is what the device holds of it.");
    } else if (!complete) {
        session.terminal().note("Some of this conversation is not on this device, and the server" +
                                session.offline_reason() + ".");
    } else if (!online && !session.common().offline) {
        session.terminal().note("The server" + session.offline_reason() + "; this is what the device holds.");
    }
    if (shown.unreadable > 0) {
        session.terminal().note(
            std::to_string(shown.unreadable) +
            " entries here were made with a later version of Parley: update to see them.");
    }
    return ExitCode::done;
}

namespace {

/// What can change of a message that stands there already.
struct Said {
    std::optional<WallTime> edited_at;
    bool deleted = false;
    std::vector<std::pair<std::string, std::int64_t>> reactions = {};
    friend bool operator==(const Said&, const Said&) = default;
};

Said said_by(const protocol::ViewMessage& message) {
    Said said{.edited_at = message.edited_at, .deleted = message.deleted};
    for (const auto& reaction : message.reactions)
        said.reactions.emplace_back(reaction.emoji, reaction.count);
    return said;
}

/// What it says is as the server has it.
bool is_settled(const protocol::ViewMessage& message) {
    return !message.changing &&
           std::ranges::count(message.reactions, true, &protocol::ViewReaction::changing) == 0;
}

/// Shows what is new, in order, each message once: of every conversation it remembers the place up to which
/// it has printed, and prints beyond it as soon as nothing is missing in between.
class Tail {
  public:
    Tail(Session& session, const TailCommand& command)
        : session_(session),
          command_(command),
          directory_(session),
          printer_(session, directory_, !command.conversation),
          groups_(session),
          typing_(session, directory_) {
        printer_.show_spoilers(command.spoilers);
    }

    Outcome<ExitCode> run();

  private:
    Outcome<void> choose();
    Outcome<void> begin();
    Outcome<void> begin_with_all(std::int64_t last);
    Outcome<std::vector<protocol::ViewMessage>> newest(const StreamId& stream, std::int64_t last);
    Outcome<void> tell_connection();
    Outcome<void> print_new(const StreamId& stream);
    Outcome<void> print_changed(const protocol::ViewConversation& shown);
    void print(const protocol::ViewConversation& shown, const protocol::ViewMessage& message);
    Outcome<void> tell_changes(const protocol::ViewConversation& shown);
    Outcome<void> mark_read(const StreamId& stream, std::int64_t upto);
    Outcome<void> look_everywhere();
    bool wanted(const StreamId& stream) const { return !only_ || *only_ == stream; }

    Session& session_;
    const TailCommand& command_;
    Directory directory_;
    MessagePrinter printer_;
    GroupWatch groups_;
    TypingWatch typing_;
    std::optional<StreamId> only_;
    std::map<StreamId, std::int64_t> printed_upto_;
    /// What was printed last, by its place.
    std::map<std::pair<StreamId, std::int64_t>, Said> printed_;
    std::set<StreamId> touched_;
    /// The person was told that the server is out of reach.
    bool told_unreached_ = false;
};

/// Which conversation is watched, where it is only one.
Outcome<void> Tail::choose() {
    if (!command_.conversation) return {};
    TRY_ASSIGN(const Place place, directory_.conversation(*command_.conversation));
    if (!place.stream) {
        return stop(ExitCode::not_found, "Nothing has been said with " + place.label +
                                             " yet; without a name, tail shows all conversations.");
    }
    only_ = *place.stream;
    return {};
}

Outcome<void> Tail::begin() {
    if (!only_) return begin_with_all(command_.last.value_or(0));
    TRY_ASSIGN(const auto messages, newest(*only_, command_.last.value_or(tail_last_default)));
    TRY_ASSIGN(const auto shown, conversation(session_, *only_));
    for (const auto& message : messages)
        print(shown, message);
    return {};
}

/// The newest of all conversations together, in order of time.
Outcome<void> Tail::begin_with_all(std::int64_t last) {
    struct Dated {
        WallTime at;
        std::size_t place;
        protocol::ViewMessage message;
    };
    std::vector<Dated> dated;
    TRY_ASSIGN(const auto all, session_.conversations());
    for (std::size_t place = 0; place < all.size(); ++place) {
        if (!all[place].stream) continue;
        TRY_ASSIGN(auto messages, newest(*all[place].stream, last));
        // A clock that was set back does not change the order within a conversation.
        WallTime latest{};
        for (auto& message : messages) {
            latest = std::max(latest, message.at);
            dated.push_back({latest, place, std::move(message)});
        }
    }
    std::ranges::stable_sort(dated, {}, &Dated::at);
    const auto too_many = std::max<std::ptrdiff_t>(std::ssize(dated) - last, 0);
    for (const Dated& one : std::span(dated).subspan(static_cast<std::size_t>(too_many)))
        print(all[one.place], one.message);
    return {};
}

/// The newest accepted messages, after which new ones are shown; with --all none, since all are new then.
Outcome<std::vector<protocol::ViewMessage>> Tail::newest(const StreamId& stream, std::int64_t last) {
    if (command_.all) {
        printed_upto_[stream] = 0;
        touched_.insert(stream);
        return {};
    }
    TRY_ASSIGN(auto window, session_.window({.stream = stream, .limit = std::max<std::int64_t>(last, 1)}));
    printed_upto_[stream] = newest_born(window.messages);
    if (last == 0) return {};
    std::erase_if(window.messages, [](const auto& message) { return message.born == 0; });
    return std::move(window.messages);
}

/// Says once that the server is out of reach, and once that it is there again.
Outcome<void> Tail::tell_connection() {
    if (session_.common().offline) return {};
    TRY_ASSIGN(const auto status, session_.status());
    const Account& account = session_.account();
    const bool tried = !account.owner() || !account.problem().empty();
    if (status.connection == protocol::DoorConnection::offline && tried && !told_unreached_) {
        told_unreached_ = true;
        session_.terminal().note("The server cannot be reached; trying again.");
    } else if (status.connection == protocol::DoorConnection::online && told_unreached_) {
        told_unreached_ = false;
        session_.terminal().note("Connected again.");
    }
    return {};
}

void Tail::print(const protocol::ViewConversation& shown, const protocol::ViewMessage& message) {
    printer_.print(shown, message);
    if (!shown.stream || message.born == 0) return;
    if (printed_.size() >= printed_max) printed_.clear();
    printed_[{*shown.stream, message.born}] = said_by(message);
}

/// What was printed, and says something else by now, or nothing more.
Outcome<void> Tail::print_changed(const protocol::ViewConversation& shown) {
    const auto first = printed_.lower_bound({*shown.stream, 0});
    if (first == printed_.end() || first->first.first != *shown.stream) return {};
    TRY_ASSIGN(const auto window, session_.window({.stream = *shown.stream, .limit = page_messages}));
    for (const auto& message : window.messages) {
        const auto printed = printed_.find({*shown.stream, message.born});
        const bool changed = printed != printed_.end() && printed->second != said_by(message);
        if (changed && is_settled(message)) print(shown, message);
    }
    return {};
}

Outcome<void> Tail::print_new(const StreamId& stream) {
    TRY_ASSIGN(const auto shown, conversation(session_, stream));
    TRY(tell_changes(shown));
    if (command_.typing) typing_.tell(shown);
    TRY(print_changed(shown));
    // In a conversation that one has come into meanwhile, what was said before is no news.
    std::int64_t& upto =
        printed_upto_.try_emplace(stream, std::max<std::int64_t>(shown.from - 1, 0)).first->second;
    const std::int64_t before = upto;
    while (!session_.terminal().closed()) {
        TRY_ASSIGN(const auto window,
                   session_.window({.stream = stream, .after = upto, .limit = page_messages}));
        // The notice that what is missing has come brings us here again.
        if (window.missing && shown.present) break;
        for (const auto& message : window.messages) {
            if (message.born > upto) print(shown, message);
        }
        const std::int64_t newest = newest_born(window.messages);
        upto = std::max(upto, newest);
        if (!window.more_after || newest == 0) break;
    }
    if (command_.mark_read && upto > before) return mark_read(stream, upto);
    return {};
}

/// For people; programs ask for the members.
Outcome<void> Tail::tell_changes(const protocol::ViewConversation& shown) {
    if (session_.terminal().json()) return {};
    TRY_ASSIGN(const auto told, groups_.changes(shown));
    for (const std::string& one : told)
        session_.terminal().line(session_.terminal().dim("* " + one));
    return {};
}

Outcome<void> Tail::mark_read(const StreamId& stream, std::int64_t upto) {
    TRY(session_.submit(protocol::Read{.target = {.stream = stream}, .upto = upto}));
    return {};
}

Outcome<void> Tail::look_everywhere() {
    TRY_ASSIGN(const auto all, session_.conversations());
    for (const auto& one : all) {
        if (one.stream && wanted(*one.stream)) touched_.insert(*one.stream);
    }
    return {};
}

Outcome<ExitCode> Tail::run() {
    TRY(choose());
    session_.terminal().note_at_terminal(
        session_.common().offline ? "The server is not asked, because of --offline. Ctrl-C ends it."
                                  : "Showing what comes in. Ctrl-C ends it.");
    TRY(begin());
    TRY_ASSIGN(const auto all, session_.conversations());
    for (const auto& one : all) {
        if (!session_.terminal().json()) TRY(groups_.begin(one));
    }
    if (command_.typing) TRY(typing_.look(only_));
    // What came before the first notice is looked for once.
    TRY(look_everywhere());
    bool connection_changed = true;
    while (!session_.interrupted() && !session_.terminal().closed()) {
        for (const StreamId& stream : std::exchange(touched_, {}))
            TRY(print_new(stream));
        if (std::exchange(connection_changed, false)) TRY(tell_connection());
        TRY(session_.wait([] { return false; }, std::nullopt));
        while (const auto notice = session_.take_notice()) {
            if (notice->touched && wanted(*notice->touched)) touched_.insert(*notice->touched);
            connection_changed |= notice->connection.has_value();
        }
        if (session_.account().take_changed_owner()) {
            connection_changed = true;
            if (command_.typing) TRY(typing_.look(only_));
            TRY(look_everywhere());
        }
    }
    return ExitCode::done;
}

}  // namespace

Outcome<ExitCode> run(Session& session, const TailCommand& command) {
    return Tail(session, command).run();
}

}  // namespace parley::client::cli
