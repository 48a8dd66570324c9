#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "core/account.hpp"
#include "core/conversation.hpp"
#include "core/output.hpp"
#include "core/ports/primitives.hpp"
#include "core/streams.hpp"
#include "core/timers.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace parley::core {

/// What the device owes itself, asked for piece by piece: at most pulls_in_flight_max requests at once, at
/// most one for a stream, the account's own stream and what is on the screen first, then by latest activity;
/// history in the background when nothing else is owed.
///
/// Nothing here is stored. What is owed follows from cursors, heads, ranges and the marks of a jump, all of
/// which are; so after a lost connection, or a crash, the same is owed and is asked for again.
class Pulls {
  public:
    struct Options {
        std::int64_t jump_changes = 0;
        std::int64_t eager_messages = 0;
    };

    Pulls(Options options, IdentityStore& identity, Conversations& conversations, Rows& rows,
          Streams& streams, Account& account, Output& output, Primitives& primitives, Timers& timers)
        : options_(options),
          identity_(identity),
          conversations_(conversations),
          rows_(rows),
          streams_(streams),
          account_(account),
          output_(output),
          primitives_(primitives),
          timers_(timers) {}

    // Getters.
    /// True where something is owed without which the device does not show the truth.
    bool owes_anything() const;
    /// True where nothing is owed or under way, history in the background included.
    bool idle() const { return requests_.empty() && candidates_.empty() && !owed_by_account(); }
    std::size_t in_flight() const { return requests_.size(); }
    bool asked(const Uuid& id) const { return requests_.contains(id); }

    // Commands.
    /// This conversation is on the screen.
    void show(const StreamId& stream);
    /// The screen lacks this.
    void want(const StreamId& stream, const protocol::Page& page);

    // Input.
    /// `away`: how long the server has not been heard; 0 where that is not known.
    void handle_signed_in(Duration away);
    /// Live, and nothing is owed any more.
    void handle_caught_up() { away_for_long_ = false; }
    void handle_disconnected();
    /// What changed in this input may owe something.
    void note_changed();
    Status handle_reply(const Uuid& id, const protocol::Payload& reply, Now now);
    /// True: the account's own stream is to be read from its beginning, on a new connection.
    [[nodiscard]] bool handle_error(const Uuid& id, const protocol::ErrorReply& error, Now now);
    void handle_timer(Instant now);
    /// Everything was erased.
    void clear();

    // Output.
    Status pump(Now now);

  private:
    enum class Purpose : std::uint8_t {
        account,
        changes,
        removed,
        newest,
        members,
        settings,
        page,
        background
    };
    struct Request {
        StreamId stream;
        Purpose purpose{};
        protocol::Payload payload;
        /// Conversation::rows_debts, and its head, when it was asked.
        std::int64_t rows_debts = 0;
        std::int64_t head = 0;
    };
    /// A page that came in parts, of which some are here: one message has more reactions than fit into one.
    struct Part {
        protocol::Page asked;
        protocol::PageRest rest;
        /// Of the first part.
        std::int64_t as_of = 0;
    };
    struct Pause {
        Instant until;
        int refusals = 0;
    };

    std::optional<Request> owed_by_account() const;
    std::optional<Request> owed_by(const Conversation& conversation) const;
    Result<std::optional<Request>> background_of(const Conversation& conversation);
    std::vector<Conversation*> by_urgency() const;
    bool refused(const Request& request) const;
    bool may_ask(const StreamId& stream, Instant now) const;
    void ask(Request request, Now now);
    void put_back(const Request& request);
    bool handle_too_old(const Request& request, std::int64_t floor);
    void pause(const StreamId& stream, std::optional<std::int64_t> wait_ms, Instant now);
    void arm(Instant at);
    Status take(const Request& request, const protocol::Payload& reply, WallTime now);
    Status take_page(Conversation& conversation, const Request& request, protocol::PageOk page, WallTime now);
    bool far_behind(const Conversation& conversation) const;

    Options options_;
    IdentityStore& identity_;
    Conversations& conversations_;
    Rows& rows_;
    Streams& streams_;
    Account& account_;
    Output& output_;
    Primitives& primitives_;
    Timers& timers_;

    /// What is owed is of a time longer than the window: all but a short way is left to jumps.
    bool away_for_long_ = false;
    std::map<Uuid, Request> requests_;
    std::set<StreamId> busy_;
    /// Conversations that may owe something; those that turn out not to are taken out.
    std::set<StreamId> candidates_;
    std::map<StreamId, Pause> pauses_;
    /// Questions that the server refuses for good, or answers in a way that this version cannot read: not
    /// asked again on this connection. What else a stream owes goes on.
    std::map<StreamId, std::vector<protocol::Payload>> refused_;
    std::map<StreamId, std::deque<protocol::Page>> wanted_;
    /// One for each stream at most; another one begins anew.
    std::map<StreamId, Part> parts_;
    /// On the screen, the latest first.
    std::vector<StreamId> shown_;
    /// The last question of a stream that was answered: asked once more at once, it would be answered alike.
    std::map<StreamId, Request> answered_;
};

}  // namespace parley::core
