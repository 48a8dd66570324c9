#include "client/cli/commands.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/text.hpp"
#include "core/door/views.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>

namespace parley::client::cli {

namespace {

constexpr std::size_t state_columns = 8;

/// "1 message", "2 messages".
std::string counted(std::int64_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// What an own command does, as its person would say it.
std::string_view deed(std::string_view type) {
    if (type == "message.send") return "message";
    if (type == "message.edit") return "edit";
    if (type == "message.delete") return "deletion";
    if (type == "message.react") return "reaction";
    if (type == "message.pin") return "pin";
    if (type == "conversation.create") return "new group";
    if (type == "conversation.rename") return "new title";
    if (type == "conversation.leave") return "leaving";
    if (type == "member.add") return "new members";
    if (type == "member.remove") return "removal of a member";
    if (type == "member.role") return "role of a member";
    if (type == "conversation.permissions") return "permissions";
    if (type == "history.share") return "sharing of the history";
    if (type == "slow_mode.set") return "slow mode";
    if (type == "link.create") return "invite link";
    if (type == "link.revoke") return "end of an invite link";
    if (type == "link.join") return "joining";
    if (type == "ownership.transfer") return "transfer of the ownership";
    if (type == "read") return "read mark";
    if (type == "preferences.set") return "setting";
    if (type == "draft.set") return "draft";
    if (type == "profile.set") return "profile";
    if (type == "block.set") return "block";
    return type;
}

/// Where commands go, by the names that people know.
class Labels {
  public:
    static Outcome<Labels> load(Session& session) {
        Labels labels;
        TRY_ASSIGN(labels.conversations_, session.conversations());
        return labels;
    }

    std::string of(const protocol::Target& target) const {
        for (const auto& one : conversations_) {
            const bool named =
                (target.stream && one.stream == target.stream) ||
                (target.made_by && one.made_by == target.made_by) ||
                (target.direct && one.peer == target.direct) ||
                (target.direct && one.summary.peer && one.summary.peer->account == target.direct);
            if (named) return label_of(one);
        }
        if (target.stream) return harmless_line(target.stream->text());
        return target.direct ? harmless_line(target.direct->text()) : "a group that is not made yet";
    }

  private:
    std::vector<protocol::ViewConversation> conversations_;
};

void print_command(Terminal& terminal, const Labels& labels, const protocol::ViewCommand& command) {
    JsonLine object;
    object.text("id", command.id.text()).text("type", command.type).text("state", name_of(command.state));
    if (command.text) object.text("text", *command.text);
    if (command.message) object.text("message", command.message->text());
    if (command.target && command.target->stream) object.text("conversation", command.target->stream->text());
    if (command.target && command.target->direct) object.text("direct", command.target->direct->text());
    if (command.target && command.target->made_by) object.text("made_by", command.target->made_by->text());
    if (command.failure) object.text("error", name_of(command.failure->code));
    terminal.line(object);
    std::string line =
        padded(std::string(name_of(command.state)), state_columns) + "  " + std::string(deed(command.type));
    if (command.target) line += " to " + labels.of(*command.target);
    if (command.text) line += ": " + harmless_line(*command.text);
    if (command.failure) {
        line += "\n" + std::string(state_columns + 2, ' ') + command.id.text() + ": " +
                problem_of(core::error_of(*command.failure)).sentence;
    }
    terminal.line(line);
}

Outcome<ExitCode> list(Session& session, const std::vector<protocol::ViewCommand>& outbox) {
    Terminal& terminal = session.terminal();
    TRY_ASSIGN(const Labels labels, Labels::load(session));
    for (const auto& one : outbox)
        print_command(terminal, labels, one);
    if (outbox.empty()) terminal.line("Nothing waits to be sent.");
    const bool refused = !outbox.empty() && outbox.back().state == protocol::ViewState::failed;
    if (refused) terminal.line("Refused ones stay here: --retry or --discard, with an id or all.");
    return ExitCode::done;
}

/// Those that the word names: an id, or "all".
Outcome<std::vector<Uuid>> failed_commands(const std::vector<protocol::ViewCommand>& outbox,
                                           const std::string& word) {
    std::vector<Uuid> ids;
    for (const auto& command : outbox) {
        if (command.state != protocol::ViewState::failed) continue;
        if (word == "all" || command.id.text() == word) ids.push_back(command.id);
    }
    if (ids.empty() && word != "all")
        return stop(ExitCode::not_found, "No refused command has this id. See: parley outbox");
    return ids;
}

/// Sends what was put back, and says so where it was refused again: those who asked for it want to know that.
Outcome<ExitCode> send_again(Session& session, const std::vector<Uuid>& put_back) {
    auto sent = run(session, SyncCommand{});
    // It is stored, as what is sent without a server is.
    if (!sent && sent.error().exit_code == ExitCode::unreachable) sent.error().exit_code = ExitCode::queued;
    if (!sent) return sent;
    TRY_ASSIGN(const auto outbox, session.outbox());
    std::int64_t refused = 0;
    std::optional<Problem> first;
    for (const auto& command : outbox) {
        if (!command.failure || std::ranges::find(put_back, command.id) == put_back.end()) continue;
        ++refused;
        if (!first) first = problem_of(core::error_of(*command.failure));
    }
    if (!first) return sent;
    first->exit_code = ExitCode::failed;
    first->sentence = std::to_string(refused) + " of " + std::to_string(put_back.size()) +
                      " refused again: " + first->sentence + " To forget: parley outbox --discard all";
    return std::unexpected(*first);
}

}  // namespace

Outcome<ExitCode> run(Session& session, const OutboxCommand& command) {
    TRY_ASSIGN(const auto outbox, session.outbox());
    if (!command.retry && !command.discard) return list(session, outbox);
    Terminal& terminal = session.terminal();
    TRY_ASSIGN(const auto ids, failed_commands(outbox, command.retry ? *command.retry : *command.discard));
    std::int64_t done = 0;
    std::vector<Uuid> put_back;
    for (const Uuid& id : ids) {
        protocol::DoorRequest request;
        (command.retry ? request.retry : request.discard) = id;
        const auto reply = session.ask(std::move(request));
        // Another parley may have done so meanwhile.
        if (!reply && reply.error().code == ErrorCode::invalid) continue;
        if (!reply) return std::unexpected(reply.error());
        ++done;
        JsonLine object;
        object.text(command.retry ? "retried" : "discarded", id.text());
        if (!reply->accepted.empty()) {
            object.text("id", reply->accepted.front().text());
            put_back.push_back(reply->accepted.front());
        }
        terminal.line(object);
    }
    terminal.line(std::to_string(done) + (command.retry ? " put back into the outbox." : " forgotten."));
    if (!command.retry || done == 0) return ExitCode::done;
    return send_again(session, put_back);
}

Outcome<ExitCode> run(Session& session, const SyncCommand&) {
    Terminal& terminal = session.terminal();
    TRY_ASSIGN(const bool online, session.go_online(session.deadline(), true));
    TRY_ASSIGN(auto status, session.status());
    if (online) {
        TRY_ASSIGN(status, session.send_what_waits());
    }
    JsonLine object;
    object.boolean("online", online).integer("waiting", status.waiting).integer("failed", status.failed);
    terminal.line(object);
    if (!online) return stop(ExitCode::unreachable, "The server" + session.offline_reason() + ".");
    if (status.failed > 0) {
        terminal.note(counted(status.failed, "command") + " of yours " +
                      (status.failed == 1 ? "was" : "were") +
                      " refused; see: parley outbox (to forget: parley outbox --discard all)");
    }
    if (status.waiting > 0) {
        terminal.line(counted(status.waiting, "command") + " still to be sent.");
        return ExitCode::queued;
    }
    terminal.line(status.failed > 0 ? "Everything else is sent and fetched."
                                    : "Everything is sent and fetched.");
    return ExitCode::done;
}

}  // namespace parley::client::cli
