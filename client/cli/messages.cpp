#include "client/cli/messages.hpp"

#include "client/cli/custom.hpp"
#include "client/cli/rich_text.hpp"
#include "client/cli/text.hpp"
#include "core/door/views.hpp"

namespace parley::client::cli {

namespace {

/// Names are filled up to this, so that texts stand below each other.
constexpr std::size_t name_columns = 12;
constexpr std::size_t time_columns = 7;
/// So much of a message is shown where it is answered.
constexpr std::size_t answered_columns = 40;
/// So far back an answered message is looked for, and so many are remembered.
constexpr std::int64_t answered_looked_at = 500;
constexpr std::size_t remembered_max = 5000;

std::string state_mark(const protocol::ViewMessage& message) {
    switch (message.state) {
        case protocol::ViewState::queued:
        case protocol::ViewState::sending:
            return "  … not sent yet";
        case protocol::ViewState::sent:
            return "  ✓";
        case protocol::ViewState::delivered:
            return "  ✓✓";
        case protocol::ViewState::read:
            return "  ✓✓ read";
        case protocol::ViewState::failed:
            break;
    }
    if (!message.failure) return "  ✗ not sent";
    return "  ✗ not sent: " + problem_of(core::error_of(*message.failure)).sentence;
}

/// "👍 2 (you)" for each emoji.
std::string reactions_of(const protocol::ViewMessage& message) {
    std::string line;
    for (const auto& reaction : message.reactions) {
        line += "  " + harmless_line(reaction.emoji);
        if (reaction.count > 1) line += " " + std::to_string(reaction.count);
        if (reaction.own) line += " (you)";
        if (reaction.changing) line += " …";
    }
    return line;
}

}  // namespace

std::string_view instead_of(const protocol::ViewConversation& conversation,
                            const protocol::ViewMessage& message) {
    if (message.deleted) return deleted_words;
    const bool group = conversation.summary.kind == protocol::ConversationKind::group;
    return group && message.blocked ? blocked_words : std::string_view();
}

std::string_view name_of_state(protocol::ViewState state) {
    return name_of(state);
}

void MessagePrinter::print(const protocol::ViewConversation& conversation,
                           const protocol::ViewMessage& message) {
    if (session_.terminal().json()) {
        print_object(conversation, message);
    } else {
        print_for_people(conversation, message);
    }
}

protocol::Profile MessagePrinter::sender_of(const protocol::ViewConversation& conversation,
                                            const protocol::ViewMessage& message) {
    // That of a direct conversation is renewed; the row of a member says what was so when it was written.
    const auto& peer = conversation.summary.peer;
    if (peer && peer->account == message.sender) return *peer;
    if (conversation.stream) return directory_.sender(*conversation.stream, message.sender);
    return {.account = message.sender};
}

void MessagePrinter::print_for_people(const protocol::ViewConversation& conversation,
                                      const protocol::ViewMessage& message) {
    Terminal& terminal = session_.terminal();
    if (const std::string day = local_day(message.at); day != day_) {
        day_ = day;
        terminal.line(terminal.dim("— " + day + " —"));
    }
    const std::string name = name_of_sender(conversation, message);
    // Behind the name, so that names and texts stay in their columns.
    std::string place;
    if (show_place_ && conversation.summary.kind == protocol::ConversationKind::group)
        place = "[" + label_of(conversation) + "] ";
    else if (show_place_ && message.own)
        place = "→ " + label_of(conversation) + ": ";
    const std::size_t indent = time_columns + name_columns + 2;
    std::string line = local_time(message.at) + "  " + terminal.bold(padded(name, name_columns)) + "  " +
                       (place.empty() ? place : terminal.dim(place));
    if (const std::string what = answered(conversation, message); !what.empty())
        line += terminal.dim("↪ " + what) + "\n" + std::string(indent, ' ');
    if (message.forwarded)
        line += terminal.dim("⤳ " + origin_mark(*message.forwarded)) + "\n" + std::string(indent, ' ');
    const std::string instead(instead_of(conversation, message));
    line += !instead.empty() ? terminal.dim(instead)
                             : styled_block(terminal, {message.text, message.entities, spoilers_}, indent);
    if (message.custom && instead.empty())
        line += (message.text.empty() ? "" : "  ") + terminal.dim(kind_mark(*message.custom));
    if (message.silent) line += terminal.dim("  (silent)");
    if (message.edited_at) line += terminal.dim("  (edited)");
    if (message.changing) {
        line += terminal.dim(message.deleted ? "  … still to be deleted" : "  … edit not sent yet");
    } else if (message.own && !message.deleted) {
        line += terminal.dim(state_mark(message));
    }
    line += terminal.dim(reactions_of(message));
    if (message.not_on_server)
        line += terminal.dim(message.in_doubt ? "  (perhaps not on the server any more)"
                                              : "  (not on the server any more)");
    terminal.line(line);
    remember(conversation, message);
}

std::string MessagePrinter::name_of_sender(const protocol::ViewConversation& conversation,
                                           const protocol::ViewMessage& message) {
    if (message.own) return "you";
    const auto sender = sender_of(conversation, message);
    return sender.name.empty() ? sender.account.text() : harmless_line(sender.name);
}

void MessagePrinter::remember(const protocol::ViewConversation& conversation,
                              const protocol::ViewMessage& message) {
    if (begun_.size() >= remembered_max) begun_.clear();
    const std::string_view begun = std::string_view(message.text).substr(0, message.text.find('\n'));
    const std::string instead(instead_of(conversation, message));
    std::string text = !instead.empty() ? instead : plain_line({begun, message.entities, spoilers_});
    if (message.custom && text.empty()) text = kind_mark(*message.custom);
    begun_.insert_or_assign(
        message.id, name_of_sender(conversation, message) + ": " + first_columns(text, answered_columns));
}

std::string MessagePrinter::answered(const protocol::ViewConversation& conversation,
                                     const protocol::ViewMessage& message) {
    if (!message.reply_to) return {};
    const bool looks = !begun_.contains(*message.reply_to) && conversation.stream;
    if (looks) {
        protocol::DoorWindowQuery query{.stream = conversation.stream, .limit = answered_looked_at};
        if (message.born > 0) query.before = message.born;
        if (const auto window = session_.window(query)) {
            for (const auto& one : window->messages)
                remember(conversation, one);
        }
    }
    const auto found = begun_.find(*message.reply_to);
    return found == begun_.end() ? "an earlier message" : found->second;
}

void MessagePrinter::print_object(const protocol::ViewConversation& conversation,
                                  const protocol::ViewMessage& message) {
    const auto sender = sender_of(conversation, message);
    JsonLine object;
    if (conversation.stream) object.text("conversation", conversation.stream->text());
    if (conversation.made_by) object.text("made_by", conversation.made_by->text());
    if (conversation.peer) object.text("direct", conversation.peer->text());
    if (conversation.summary.title) object.text("title", *conversation.summary.title);
    object.text("id", message.id.text()).integer("born", message.born).text("sender", message.sender.text());
    if (!sender.handle.empty()) object.text("from", sender.handle).text("name", sender.name);
    object.text("text", message.text).integer("at", message.at.ms).boolean("own", message.own);
    object.text("state", name_of(message.state));
    if (message.reply_to) object.text("reply_to", message.reply_to->text());
    if (!message.mentions.empty()) {
        std::vector<std::string> mentions;
        mentions.reserve(message.mentions.size());
        for (const AccountId& account : message.mentions)
            mentions.push_back(account.text());
        object.texts("mentions", mentions);
    }
    if (message.names_all) object.boolean("names_all", true);
    if (!message.entities.empty()) {
        object.objects("entities", objects_of(message.entities));
        if (conversation.stream)
            object.text("markdown", markdown_of(directory_, *conversation.stream, message));
    }
    if (message.silent) object.boolean("silent", true);
    if (message.custom) object.object("custom", object_of(*message.custom));
    if (message.forwarded) object.object("forwarded", object_of(*message.forwarded));
    if (message.edited_at) object.integer("edited_at", message.edited_at->ms);
    if (!message.reactions.empty()) {
        JsonLine counts;
        std::vector<std::string> own;
        for (const auto& reaction : message.reactions) {
            counts.integer(reaction.emoji, reaction.count);
            if (reaction.own) own.push_back(reaction.emoji);
        }
        object.object("reactions", counts.take());
        if (!own.empty()) object.texts("own_reactions", own);
    }
    if (message.deleted) object.boolean("deleted", true);
    if (message.blocked) object.boolean("blocked", true);
    if (message.changing) object.boolean("changing", true);
    if (message.failure) object.text("error", name_of(message.failure->code));
    if (message.not_on_server) object.boolean("not_on_server", true);
    if (message.in_doubt) object.boolean("in_doubt", true);
    session_.terminal().line(object);
}

}  // namespace parley::client::cli
