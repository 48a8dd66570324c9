#pragma once

#include "client/account.hpp"
#include "client/cli/command_line.hpp"
#include "client/cli/problem.hpp"
#include "client/cli/terminal.hpp"
#include "client/net/loop.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley::client::cli {

/// Whether nobody is signed in on this device, by own will or by another device's.
bool is_signed_out(protocol::DoorConnection connection);

/// For what makes no sense without the server: --offline is a mistake there.
Outcome<void> refuse_offline(const Common& common);

/// What became of own commands while one waits for them.
struct Settlement {
    std::unordered_map<Uuid, protocol::DoorSettled> settled;
    /// In order of submission, which is mostly that of settling.
    std::deque<Uuid> open;
    /// Another process took over meanwhile: what was told in that moment is known without its reply.
    bool owner_changed = false;
};

/// What every command of the command line needs of an account: asking, waiting with a deadline, sending
/// commands and hearing what became of them. All waiting ends at once when the person interrupts.
class Session {
  public:
    Session(Account& account, Terminal& terminal, const Interrupts& interrupts, const Common& common)
        : account_(account), terminal_(terminal), interrupts_(interrupts), common_(common) {}

    Account& account() { return account_; }
    Terminal& terminal() { return terminal_; }
    bool interrupted() const { return interrupts_.came(); }
    /// How long to wait for the server: not at all where it is not to be asked.
    Duration patience() const { return seconds(common_.offline ? 0 : common_.wait_seconds); }
    /// Until when to do so.
    Instant deadline() const { return read_clocks().instant + patience(); }
    const Common& common() const { return common_; }

    Outcome<protocol::DoorReply> ask(protocol::DoorRequest request);
    /// A problem where the database failed: what a core says that has ended is no status.
    Outcome<protocol::DoorStatus> status();
    Outcome<std::vector<protocol::ViewConversation>> conversations();
    Outcome<std::int64_t> badge();
    Outcome<std::vector<protocol::ViewMember>> members(const StreamId& stream);
    Outcome<std::vector<protocol::ViewPin>> pins(const StreamId& stream);
    /// What waits, in order, then what was refused. Asked for in pieces, so that what is accepted meanwhile
    /// may hide something that follows it.
    Outcome<std::vector<protocol::ViewCommand>> outbox();
    Outcome<protocol::ViewWindow> window(const protocol::DoorWindowQuery& query);

    /// Waits until the account is live, or up to the deadline; false: it is not. With `patient` a failed try
    /// is not the end of it. A problem where nobody is signed in any more.
    Outcome<bool> go_online(Instant until, bool patient);
    /// The same where the command makes no sense without the server.
    Outcome<void> require_online();
    /// Why the server is out of reach, as the end of a sentence.
    std::string offline_reason() const;

    /// Waits for one notice at most; true where something may have happened before the deadline. A problem
    /// where a notice that was taken said that the account is signed out or the database broken.
    Outcome<bool> wait(const std::function<bool()>& also, std::optional<Instant> until);
    std::optional<protocol::DoorNotice> take_notice();
    /// The end of the session is what this command wants; that of the database never is.
    void expect_sign_out() { sign_out_expected_ = true; }

    Uuid new_id();
    /// Puts one command into the outbox; a problem where it can never be accepted.
    Outcome<Uuid> submit(protocol::Payload command);
    /// Several, durably, in one go.
    Submission submit(std::span<const protocol::Envelope> commands) { return account_.submit(commands); }
    /// Why it ended early, without a word about what is queued; and with one.
    static Problem problem_behind(const Submission& submission);
    static Problem problem_of_submission(const Submission& submission);
    /// Takes in a notice, or learns what was missed while the owner changed.
    void note(Settlement& settlement, const protocol::DoorNotice& notice);
    Outcome<void> catch_up(Settlement& settlement);
    /// Waits until nothing waits to be sent any more; gives up when nothing has moved for so long. The status
    /// of then.
    Outcome<protocol::DoorStatus> send_what_waits(Duration patience);
    /// The same for as long as the person is ready to wait.
    Outcome<protocol::DoorStatus> send_what_waits() { return send_what_waits(patience()); }
    /// At the end of a command that is about something else: what earlier ones left in the outbox goes out,
    /// where the server is reached. Short, since nobody waits for it; says what was refused, and what is
    /// left.
    void send_left_behind();
    /// Submits one command and waits for its end. A problem where it was refused, or (queued) not answered in
    /// time. A question that is not answered in time is not asked any more.
    Outcome<protocol::DoorSettled> carry_out(protocol::Payload command);
    /// Several at once, in their order: none where one can never be accepted. What is refused is in
    /// `settled`, and forgotten; what is still `open` at the end waits in the outbox.
    Outcome<Settlement> carry_out(std::span<const protocol::Envelope> commands);
    /// That these wait in the outbox, and why.
    Problem not_accepted_yet(const std::string& what) const;

  private:
    Outcome<void> forget(const Uuid& command);

    Account& account_;
    Terminal& terminal_;
    const Interrupts& interrupts_;
    const Common& common_;
    SystemPrimitives primitives_;
    bool sign_out_expected_ = false;
    std::optional<Problem> ended_;
};

}  // namespace parley::client::cli
