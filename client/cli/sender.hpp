#pragma once

#include "client/cli/command_line.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/session.hpp"
#include "client/net/line_input.hpp"
#include "core/rules/markdown.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parley::client::cli {

/// Sends messages to one conversation and waits for what becomes of them: each step forward renews the time
/// that the person is ready to wait; when it is over, the rest is queued without waiting.
class Sender {
  public:
    Sender(Session& session, Place place, const SendCommand& command)
        : session_(session),
          place_(std::move(place)),
          command_(command),
          tracks_(!command.no_wait && !session.common().offline),
          patient_(tracks_) {}

    Outcome<ExitCode> send_one(std::string text);
    Outcome<ExitCode> forward(std::vector<protocol::ForwardOf> messages);
    Outcome<ExitCode> send_lines(LineInput& input);
    void answer(const Uuid& message) { reply_to_ = message; }
    /// What is said from now on is Markdown, in which names mean this.
    void read_markdown(core::rules::MarkdownNames names) { markdown_ = std::move(names); }
    void say_to_application(protocol::Custom custom) { custom_ = std::move(custom); }
    void mention(std::vector<AccountId> accounts) { mentions_ = std::move(accounts); }

  private:
    protocol::Envelope envelope(std::string text);
    Outcome<void> queue(std::vector<protocol::Envelope> batch);
    Problem not_all_queued(const Submission& done, const std::vector<protocol::Envelope>& batch);
    Outcome<void> queue_lines(LineInput& input);
    Outcome<void> wait_for_progress(const std::function<bool()>& also);
    Outcome<void> pass_on(LineInput& input);
    Outcome<void> take_in();
    Outcome<void> look_at_slow_mode();
    bool outbox_is_kept(const Problem& problem);
    void report(const Uuid& id, std::string_view state,
                const std::optional<protocol::DoorFailure>& failure = std::nullopt);
    void print_counts();
    Outcome<ExitCode> finish(Outcome<void> so_far);

    Session& session_;
    Place place_;
    const SendCommand& command_;
    std::optional<Uuid> reply_to_;
    std::vector<AccountId> mentions_;
    std::optional<protocol::Custom> custom_;
    std::optional<core::rules::MarkdownNames> markdown_;
    Settlement settlement_;
    /// Which line of standard input each message was, while it is not settled.
    std::unordered_map<Uuid, std::int64_t> lines_;
    std::int64_t line_ = 0;
    bool by_lines_ = false;
    /// What becomes of each message is of interest.
    bool tracks_;
    /// False: the time to wait is over, until something is accepted again.
    bool patient_;
    /// Whoever waits at a terminal has been told what for.
    bool told_ = false;
    /// So long slow mode of the group holds back what is to go out next.
    Duration held_{};
    Instant give_up_{};
    std::int64_t sent_ = 0;
    std::int64_t queued_ = 0;
    std::int64_t refused_ = 0;
    /// Of the first line that was refused.
    std::optional<Problem> refusal_;
    std::int64_t refused_line_ = 0;
};

}  // namespace parley::client::cli
