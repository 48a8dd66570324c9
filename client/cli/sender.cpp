#include "client/cli/sender.hpp"

#include "base/utf8.hpp"
#include "client/cli/commands.hpp"
#include "client/cli/rich_text.hpp"
#include "client/cli/text.hpp"
#include "core/door/views.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace parley::client::cli {

namespace {

/// Lines that go into the outbox in one step, synced once.
constexpr std::size_t batch_max = 128;
/// While the server answers, at most so many of ours wait for it, so that memory and outbox stay small.
constexpr std::size_t open_max = 4096;

}  // namespace

protocol::Envelope Sender::envelope(std::string text) {
    protocol::MessageSend message{.target = place_.target,
                                  .text = {},
                                  .reply_to = reply_to_,
                                  .mentions = mentions_,
                                  .silent = command_.silent,
                                  .custom = custom_};
    if (markdown_)
        say(message, text, *markdown_);
    else
        message.text = std::move(text);
    return {.id = session_.new_id(), .payload = std::move(message)};
}

Outcome<void> Sender::queue(std::vector<protocol::Envelope> batch) {
    const Submission done = session_.submit(batch);
    for (const Uuid& id : done.accepted) {
        if (tracks_) {
            settlement_.open.push_back(id);
        } else {
            ++queued_;
            report(id, "queued");
        }
    }
    for (const auto& refused : done.refused)
        report(refused.command, "failed", refused.failure);
    if (!done.failure) return {};
    const Problem problem = not_all_queued(done, batch);
    for (const Uuid& id : done.unsure)
        report(id, "unknown");
    return std::unexpected(problem);
}

namespace {

/// Why this can be no message, and how much too long it is.
std::optional<protocol::DoorFailure> unfit(const protocol::Envelope& message) {
    const std::string& text = std::get<protocol::MessageSend>(message.payload).text;
    const auto points = count_code_points(text);
    if (!points) {
        return protocol::DoorFailure{.code = ErrorCode::invalid,
                                     .message = "it is not valid UTF-8 (iconv can make it so)"};
    }
    const auto characters = static_cast<std::int64_t>(*points);
    if (characters <= limits::text_points_max && std::ssize(text) <= limits::text_bytes_max)
        return std::nullopt;
    return protocol::DoorFailure{.code = ErrorCode::invalid,
                                 .message = "it has " + std::to_string(characters) + " characters in " +
                                            std::to_string(text.size()) + " bytes, and a message at most " +
                                            std::to_string(limits::text_points_max) + " characters in " +
                                            std::to_string(limits::text_bytes_max) + " bytes"};
}

}  // namespace

/// Says which messages have to be sent again, and which might then go out twice.
Problem Sender::not_all_queued(const Submission& done, const std::vector<protocol::Envelope>& batch) {
    if (!by_lines_) return Session::problem_of_submission(done);
    Problem problem = Session::problem_behind(done);
    const auto line_of = [&](const Uuid& id) {
        return std::to_string(lines_.contains(id) ? lines_.at(id) : line_);
    };
    const std::size_t decided = done.accepted.size() + done.refused.size();
    if (done.unsure.empty()) {
        problem.sentence += " From line " + line_of(*batch.at(decided).id) +
                            " on nothing was queued: send from there on once that is mended.";
    } else {
        const std::string first = line_of(done.unsure.front());
        const std::string last = line_of(done.unsure.back());
        problem.sentence += (first == last ? " Line " + first : " Lines " + first + " to " + last) +
                            " may be queued all the same, nothing after that is: see parley outbox before "
                            "you send from there on.";
    }
    return problem;
}

void Sender::report(const Uuid& id, std::string_view state,
                    const std::optional<protocol::DoorFailure>& failure) {
    JsonLine object;
    object.text("id", id.text()).text("state", state);
    if (place_.stream) object.text("conversation", place_.stream->text());
    const auto line = lines_.extract(id);
    if (line) object.integer("line", line.mapped());
    if (failure) {
        ++refused_;
        Problem problem = problem_of(core::error_of(*failure));
        object.text("error", name_of(failure->code)).text("message", problem.sentence);
        const std::int64_t number = line ? line.mapped() : 0;
        if (line) problem.sentence = "Line " + std::to_string(number) + ": " + problem.sentence;
        if (!refusal_ || number < refused_line_) {
            refusal_ = std::move(problem);
            refused_line_ = number;
        }
    }
    session_.terminal().line(object);
}

/// Takes in what became of our messages so far.
Outcome<void> Sender::take_in() {
    if (session_.account().take_changed_owner()) TRY(session_.catch_up(settlement_));
    bool touched = false;
    while (const auto notice = session_.take_notice()) {
        session_.note(settlement_, *notice);
        touched = touched || (place_.stream && notice->touched == place_.stream);
    }
    if (touched && !settlement_.open.empty()) TRY(look_at_slow_mode());
    if (settlement_.settled.empty()) return {};
    give_up_ = session_.deadline();
    patient_ = true;
    const auto settled = std::exchange(settlement_.settled, {});
    std::vector<std::pair<std::int64_t, Uuid>> in_order;
    in_order.reserve(settled.size());
    for (const auto& [id, outcome] : settled)
        in_order.emplace_back(lines_.contains(id) ? lines_.at(id) : 0, id);
    std::ranges::sort(in_order);
    for (const auto& [line, id] : in_order) {
        const protocol::DoorSettled& outcome = settled.at(id);
        if (outcome.stream) place_.stream = outcome.stream;
        if (!outcome.failure) ++sent_;
        report(id, outcome.failure ? "failed" : "sent", outcome.failure);
    }
    return {};
}

/// What waits for longer than the person is ready to wait is left to the outbox.
Outcome<void> Sender::look_at_slow_mode() {
    TRY_ASSIGN(const auto reply, session_.ask({.conversation = place_.stream}));
    held_ = {};
    if (!reply.conversations.empty()) {
        TRY_ASSIGN(held_, slow_wait(session_, reply.conversations.front()));
    }
    if (held_.ms == 0) return {};
    if (read_clocks().instant + held_ > give_up_) patient_ = false;
    if (!told_ && patient_) {
        told_ = true;
        session_.terminal().note_at_terminal(place_.label + " is in slow mode: this goes out in " +
                                             how_long(held_) + ". Ctrl-C leaves it to be sent later.");
    }
    return {};
}

Outcome<void> Sender::wait_for_progress(const std::function<bool()>& also) {
    TRY_ASSIGN(const bool happened, session_.wait(also, give_up_));
    if (!happened || read_clocks().instant >= give_up_) patient_ = false;
    if (patient_ && !told_ && !session_.account().problem().empty()) {
        told_ = true;
        session_.terminal().note_at_terminal("The server" + session_.offline_reason() +
                                             "; waiting for it. Ctrl-C leaves the message to be sent later.");
    }
    return take_in();
}

Outcome<void> Sender::queue_lines(LineInput& input) {
    std::vector<protocol::Envelope> batch;
    while (batch.size() < batch_max) {
        auto line = input.take();
        if (!line) break;
        ++line_;
        // A message has at least one character.
        if (line->empty()) continue;
        protocol::Envelope message = envelope(std::move(*line));
        const auto failure = unfit(message);
        lines_.emplace(*message.id, line_);
        if (failure)
            report(*message.id, "failed", failure);
        else
            batch.push_back(std::move(message));
    }
    if (batch.empty()) return {};
    return queue(std::move(batch));
}

Outcome<ExitCode> Sender::send_lines(LineInput& input) {
    by_lines_ = true;
    return finish(pass_on(input));
}

Outcome<void> Sender::pass_on(LineInput& input) {
    give_up_ = session_.deadline();
    while (!input.ended() && !session_.interrupted()) {
        const bool full = patient_ && settlement_.open.size() >= open_max;
        if (!full) TRY(queue_lines(input));
        // Waiting for somebody to type is not waiting for the server.
        if (settlement_.open.empty()) give_up_ = session_.deadline();
        if (patient_ && !settlement_.open.empty()) {
            TRY(wait_for_progress([&] { return !full && input.ready(); }));
        } else {
            TRY(session_.wait([&] { return input.ready(); }, std::nullopt));
            TRY(take_in());
        }
    }
    return {};
}

Outcome<ExitCode> Sender::send_one(std::string text) {
    std::vector<protocol::Envelope> one;
    one.push_back(envelope(std::move(text)));
    if (const auto failure = unfit(one.front())) {
        Problem problem = problem_of(core::error_of(*failure));
        problem.sentence += " Nothing was sent.";
        return std::unexpected(std::move(problem));
    }
    give_up_ = session_.deadline();
    return finish(queue(std::move(one)));
}

Outcome<ExitCode> Sender::forward(std::vector<protocol::ForwardOf> messages) {
    std::vector<protocol::Envelope> batch;
    for (auto& message : messages) {
        batch.push_back({.id = session_.new_id(),
                         .payload = protocol::MessageSend{.target = place_.target,
                                                          .text = {},
                                                          .silent = command_.silent,
                                                          .forward = std::move(message)}});
    }
    give_up_ = session_.deadline();
    return finish(queue(std::move(batch)));
}

/// Whether what was queued waits in spite of this.
bool Sender::outbox_is_kept(const Problem& problem) {
    if (problem.exit_code != ExitCode::signed_out) return true;
    const auto status = session_.status();
    return !status || status->account.has_value();
}

/// Waits for the rest, and says what became of everything, also where it could not be gone through with.
Outcome<ExitCode> Sender::finish(Outcome<void> so_far) {
    while (so_far && patient_ && !settlement_.open.empty() && !session_.interrupted()) {
        so_far = wait_for_progress([] { return false; });
    }
    if (so_far || outbox_is_kept(so_far.error())) {
        for (const Uuid& id : settlement_.open)
            report(id, "queued");
        queued_ += std::ssize(settlement_.open);
    }
    print_counts();
    if (!so_far) return std::unexpected(so_far.error());
    if (sent_ + queued_ + refused_ == 0) {
        // A script, and whatever was to feed us, must not take this for sent.
        if (session_.interrupted()) return stop(ExitCode::failed, "Interrupted. Nothing was sent.");
        return stop(ExitCode::usage, "Standard input is empty. Nothing was sent.");
    }
    if (refused_ > 0 && refusal_) {
        Problem problem = *refusal_;
        if (refused_ > 1)
            problem.sentence = std::to_string(refused_) + " messages refused. The first: " + problem.sentence;
        return std::unexpected(problem);
    }
    return queued_ > 0 && !command_.no_wait ? ExitCode::queued : ExitCode::done;
}

void Sender::print_counts() {
    Terminal& terminal = session_.terminal();
    const auto count = [](std::int64_t messages) {
        return std::to_string(messages) + (messages == 1 ? " message" : " messages");
    };
    if (sent_ == 1 && queued_ + refused_ == 0) terminal.line("Sent to " + place_.label + ".");
    if (sent_ > 1 || (sent_ == 1 && queued_ + refused_ > 0))
        terminal.line(count(sent_) + " sent to " + place_.label + ".");
    if (queued_ > 0) {
        std::string why = ".";
        if (held_.ms > 0)
            why = ", which is in slow mode: your next message is taken in " + how_long(held_) + ".";
        else if (!command_.no_wait && !session_.common().offline)
            why = ": the server" + session_.offline_reason() + ".";
        terminal.line(count(queued_) + " queued for " + place_.label + why +
                      " It goes out with the next parley " +
                      (held_.ms > 0 ? "then" : "that reaches the server") + " (parley sync).");
    }
}

}  // namespace parley::client::cli
