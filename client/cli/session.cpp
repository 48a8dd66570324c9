#include "client/cli/session.hpp"

#include "client/cli/text.hpp"
#include "core/commands.hpp"
#include "core/door/views.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <array>

namespace parley::client::cli {

using protocol::DoorConnection;

namespace {

constexpr std::int64_t page_of_list = 500;
/// How long a command stays for what others left in the outbox, while nothing of it moves.
constexpr Duration left_behind_patience = seconds(2);
constexpr auto commands_at_once = static_cast<std::size_t>(limits::door_list_max);

/// A door fails only where nobody is behind it, or the database is broken.
Problem problem_of_door(const Error& error) {
    if (error.code == ErrorCode::unavailable) return {ExitCode::busy, error.context, error.code};
    return {ExitCode::failed, harmless_line(error.context), error.code};
}

Problem signed_out(DoorConnection connection) {
    const char* why = connection == DoorConnection::revoked ? "This device was signed out elsewhere."
                                                            : "You are not signed in.";
    return {ExitCode::signed_out, std::string(why) + " Sign in with: parley login HANDLE --server ADDRESS",
            ErrorCode::not_signed_in};
}

Problem broken(const std::string& why) {
    return {ExitCode::failed,
            "The database on this device failed" + (why.empty() ? "" : ": " + why) +
                ". Nothing was lost that was said to be stored. Make room or mend the disk, end every parley "
                "of this account, and try again.",
            ErrorCode::internal};
}

/// A core that answers with a failure refuses what was asked, or its database is broken.
Problem problem_of_reply(const Error& error) {
    return error.code == ErrorCode::unavailable ? broken(harmless_line(error.context))
                                                : problem_of(error, Machine::this_one);
}

/// Whether the core does nothing more, and knows nothing for sure.
bool has_ended(DoorConnection connection) {
    return connection == DoorConnection::broken || connection == DoorConnection::lease_lost;
}

}  // namespace

Outcome<void> refuse_offline(const Common& common) {
    if (!common.offline) return {};
    return stop(ExitCode::usage, "This needs the server: leave out --offline.");
}

bool is_signed_out(DoorConnection connection) {
    return connection == DoorConnection::signed_out || connection == DoorConnection::revoked;
}

Outcome<protocol::DoorReply> Session::ask(protocol::DoorRequest request) {
    auto reply = account_.ask(request);
    if (!reply) return std::unexpected(problem_of_door(reply.error()));
    if (reply->failure) return std::unexpected(problem_of_reply(core::error_of(*reply->failure)));
    return std::move(*reply);
}

Outcome<protocol::DoorStatus> Session::status() {
    TRY_ASSIGN(auto reply, ask({.act = protocol::DoorAct::status}));
    const auto status = reply.status.value_or(protocol::DoorStatus{});
    if (has_ended(status.connection)) return std::unexpected(broken(account_.problem()));
    return status;
}

Outcome<std::vector<protocol::ViewConversation>> Session::conversations() {
    std::vector<protocol::ViewConversation> all;
    while (true) {
        const auto offset = static_cast<std::int64_t>(all.size());
        TRY_ASSIGN(auto reply,
                   ask({.conversations = protocol::DoorListQuery{.offset = offset, .limit = page_of_list}}));
        std::ranges::move(reply.conversations, std::back_inserter(all));
        if (std::ssize(all) < offset + page_of_list) return all;
    }
}

Outcome<std::vector<protocol::ViewCommand>> Session::outbox() {
    std::vector<protocol::ViewCommand> all;
    while (true) {
        const auto offset = static_cast<std::int64_t>(all.size());
        TRY_ASSIGN(auto reply,
                   ask({.outbox = protocol::DoorListQuery{.offset = offset, .limit = page_of_list}}));
        std::ranges::move(reply.outbox, std::back_inserter(all));
        if (std::ssize(all) < offset + page_of_list) return all;
    }
}

Outcome<std::int64_t> Session::badge() {
    TRY_ASSIGN(const auto reply, ask({.act = protocol::DoorAct::badge}));
    return reply.badge.value_or(0);
}

Outcome<std::vector<protocol::ViewMember>> Session::members(const StreamId& stream) {
    TRY_ASSIGN(auto reply, ask({.members = stream}));
    return std::move(reply.members);
}

Outcome<std::vector<protocol::ViewPin>> Session::pins(const StreamId& stream) {
    TRY_ASSIGN(auto reply, ask({.pins = stream}));
    return std::move(reply.pins);
}

Outcome<protocol::ViewWindow> Session::window(const protocol::DoorWindowQuery& query) {
    TRY_ASSIGN(auto reply, ask({.window = query}));
    return reply.window.value_or(protocol::ViewWindow{});
}

Outcome<bool> Session::go_online(Instant until, bool patient) {
    if (common_.offline) return false;
    TRY_ASSIGN(auto standing, status());
    if (standing.connection == DoorConnection::offline && !account_.owner()) {
        // The one who owns the database waits for its next try: now there is somebody who wants one.
        TRY(ask({.act = protocol::DoorAct::connect}));
        TRY_ASSIGN(standing, status());
    }
    DoorConnection connection = standing.connection;
    while (true) {
        if (connection == DoorConnection::online) return true;
        if (is_signed_out(connection)) return std::unexpected(signed_out(connection));
        if (has_ended(connection)) return std::unexpected(broken(account_.problem()));
        const bool tried = !account_.owner() || !account_.problem().empty();
        if (connection == DoorConnection::offline && !patient && tried) return false;
        TRY_ASSIGN(const bool happened, wait([] { return false; }, until));
        if (!happened) return false;
        bool changed_owner = account_.take_changed_owner();
        while (const auto notice = take_notice()) {
            if (notice->connection) connection = *notice->connection;
        }
        if (changed_owner) {
            TRY_ASSIGN(const auto now, status());
            connection = now.connection;
        }
    }
}

Outcome<void> Session::require_online() {
    TRY(refuse_offline(common_));
    TRY_ASSIGN(const bool online, go_online(deadline(), true));
    if (online) return {};
    return stop(ExitCode::unreachable, "The server" + offline_reason() + ". Nothing was done.");
}

std::string Session::offline_reason() const {
    const std::string problem = account_.problem();
    const std::string server = " " + account_.place().server.text();
    if (common_.offline) return server + " was not asked, because of --offline";
    if (problem.empty()) return server + " has not answered in time";
    return server + " cannot be reached: " + harmless_line(problem);
}

std::optional<protocol::DoorNotice> Session::take_notice() {
    auto notice = account_.take_notice();
    if (!notice || !notice->connection) return notice;
    if (is_signed_out(*notice->connection) && !sign_out_expected_) ended_ = signed_out(*notice->connection);
    if (has_ended(*notice->connection)) ended_ = broken(account_.problem());
    return notice;
}

Outcome<bool> Session::wait(const std::function<bool()>& also, std::optional<Instant> until) {
    if (ended_) return std::unexpected(*ended_);
    const auto stop_or_also = [&] {
        return interrupted() || also();
    };
    const auto waited = account_.wait(stop_or_also, until);
    if (!waited) return std::unexpected(problem_of_door(waited.error()));
    if (interrupted()) return false;
    return !until || read_clocks().instant < *until;
}

Uuid Session::new_id() {
    std::array<std::uint8_t, 10> random{};
    primitives_.random(random);
    return Uuid::version7(read_clocks().wall, random);
}

Outcome<Uuid> Session::submit(protocol::Payload command) {
    const std::array<protocol::Envelope, 1> one{
        protocol::Envelope{.id = new_id(), .payload = std::move(command)}};
    const Submission done = submit(one);
    if (done.failure) return std::unexpected(problem_of_submission(done));
    if (done.refused.empty()) return *one.front().id;
    const auto failure = done.refused.front().failure.value_or(protocol::DoorFailure{});
    return std::unexpected(problem_of(core::error_of(failure), Machine::this_one));
}

Problem Session::problem_behind(const Submission& submission) {
    const Error error = submission.failure.value_or(Error{});
    return submission.unanswered ? problem_of_door(error) : problem_of_reply(error);
}

Problem Session::problem_of_submission(const Submission& submission) {
    Problem problem = problem_behind(submission);
    const bool nowhere = submission.accepted.empty() && submission.unsure.empty();
    problem.sentence += nowhere ? " Nothing was queued: try again once that is mended."
                                : " It may be queued all the same: see parley outbox before you try again.";
    return problem;
}

void Session::note(Settlement& settlement, const protocol::DoorNotice& notice) {
    if (!notice.settled) return;
    const auto found = std::ranges::find(settlement.open, notice.settled->command);
    if (found == settlement.open.end()) return;
    settlement.open.erase(found);
    settlement.settled.emplace(notice.settled->command, *notice.settled);
}

Outcome<void> Session::catch_up(Settlement& settlement) {
    const std::vector<Uuid> open(settlement.open.begin(), settlement.open.end());
    for (std::size_t begin = 0; begin < open.size(); begin += commands_at_once) {
        const auto part = std::span(open).subspan(begin, std::min(commands_at_once, open.size() - begin));
        TRY_ASSIGN(const auto reply,
                   ask({.settled = protocol::DoorCommands{.ids = {part.begin(), part.end()}}}));
        // What was told on the way here says more than the answer.
        while (const auto notice = take_notice())
            note(settlement, *notice);
        for (const protocol::DoorSettled& settled : reply.settled)
            note(settlement, {.settled = settled});
    }
    return {};
}

Outcome<protocol::DoorStatus> Session::send_what_waits(Duration patience) {
    Instant until = read_clocks().instant + patience;
    TRY_ASSIGN(auto standing, status());
    // The time is for each step forward, not for all of them.
    while (standing.waiting > 0 && !interrupted()) {
        TRY_ASSIGN(const bool happened, wait([] { return false; }, until));
        std::int64_t settled = 0;
        while (const auto notice = take_notice())
            settled += notice->settled.has_value();
        if (settled > 0) until = read_clocks().instant + patience;
        standing.waiting -= settled;
        // Counting along is cheap; the outbox has the last word.
        const bool ask_again = standing.waiting <= 0 || account_.take_changed_owner() || !happened;
        if (ask_again) {
            TRY_ASSIGN(standing, status());
        }
        if (!happened) break;
    }
    return standing;
}

void Session::send_left_behind() {
    if (common_.offline || interrupted() || ended_) return;
    const auto before = status();
    if (!before || before->connection != DoorConnection::online || before->waiting == 0) return;
    const auto after = send_what_waits(std::min(patience(), left_behind_patience));
    if (!after) return;
    if (after->failed > before->failed) {
        terminal_.note("Of what waited to be sent, " + std::to_string(after->failed - before->failed) +
                       " was refused. See: parley outbox");
    }
    if (after->waiting > 0)
        terminal_.note(std::to_string(after->waiting) + " still waiting to be sent. See: parley sync");
}

Outcome<protocol::DoorSettled> Session::carry_out(protocol::Payload command) {
    const std::array one{protocol::Envelope{.id = new_id(), .payload = command}};
    const Uuid id = *one.front().id;
    const bool question = core::is_question(protocol::type_of(command));
    TRY_ASSIGN(Settlement done, carry_out(one));
    if (!done.open.empty() && question) {
        TRY(forget(id));
        return stop(ExitCode::unreachable, "The server" + offline_reason() + ".");
    }
    if (!done.open.empty()) return std::unexpected(not_accepted_yet({}));
    auto& settled = done.settled.at(id);
    if (settled.failure) return std::unexpected(problem_of(core::error_of(*settled.failure)));
    // What a question asked for is told once, maybe to the owner that ended; it does no harm to ask again.
    const bool told = !settled.profiles.empty() || !settled.earlier.empty() || !settled.links.empty() ||
                      settled.view.has_value();
    if (question && done.owner_changed && !told) return carry_out(std::move(command));
    return std::move(settled);
}

Outcome<Settlement> Session::carry_out(std::span<const protocol::Envelope> commands) {
    for (const auto& command : commands) {
        if (const auto fits = core::check_command(command.payload); !fits)
            return std::unexpected(problem_of(fits.error()));
    }
    const Instant until = deadline();
    Settlement settlement;
    const Submission submitted = submit(commands);
    if (submitted.failure) return std::unexpected(problem_of_submission(submitted));
    settlement.open.assign(submitted.accepted.begin(), submitted.accepted.end());
    for (const auto& refused : submitted.refused)
        settlement.settled.emplace(refused.command, refused);
    while (!settlement.open.empty()) {
        TRY_ASSIGN(const bool happened, wait([] { return false; }, until));
        if (account_.take_changed_owner()) {
            settlement.owner_changed = true;
            TRY(catch_up(settlement));
        }
        while (const auto notice = take_notice())
            note(settlement, *notice);
        if (!happened) break;
    }
    // Whoever reads the sentence knows; the outbox need not remind him.
    for (const auto& [id, settled] : settlement.settled) {
        if (settled.failure) TRY(forget(id));
    }
    return settlement;
}

Outcome<void> Session::forget(const Uuid& command) {
    const auto done = ask({.discard = command});
    // One that is not there any more cannot be forgotten, and nothing is amiss.
    if (done || done.error().code == ErrorCode::invalid) return {};
    return std::unexpected(done.error());
}

Problem Session::not_accepted_yet(const std::string& what) const {
    const char* pronoun = what.empty() ? "It goes" : "All that goes";
    return {ExitCode::queued,
            "Stored, and not accepted yet" + (what.empty() ? "" : ": " + what) + "; the server" +
                offline_reason() + ". " + pronoun +
                " out with the next parley that reaches it (parley sync).",
            std::nullopt};
}

}  // namespace parley::client::cli
