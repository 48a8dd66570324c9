#pragma once

#include "core/account.hpp"
#include "core/blocks.hpp"
#include "core/client.hpp"
#include "core/conversation.hpp"
#include "core/credentials.hpp"
#include "core/identity.hpp"
#include "core/local_database.hpp"
#include "core/outbox.hpp"
#include "core/output.hpp"
#include "core/own_settings.hpp"
#include "core/profiles.hpp"
#include "core/pulls.hpp"
#include "core/receipts.hpp"
#include "core/rows.hpp"
#include "core/session.hpp"
#include "core/streams.hpp"
#include "core/timers.hpp"
#include "core/typing.hpp"
#include "core/views.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace parley::core {

/// The machines of the core, and how they are driven: every input is one `handle`, which is at most one
/// transaction. What is asked of the host is released when that is committed. Where the database fails, or
/// another core has taken the lease, this core ends: nothing more is decided from a state that may be wrong.
class Client::Impl {
  public:
    Impl(ClientOptions options, Database& database, Primitives& primitives)
        : options_(std::move(options)),
          database_(database),
          primitives_(primitives),
          output_(options_.encoding, options_.recorder) {}

    Status open(Now now);

    /// Runs `act`, which returns a Status, and then everything that follows from what it changed.
    template <class Act>
    void handle(Now now, Act act) {
        if (ended_) return;
        now_ = now;
        Transaction transaction(database_);
        Status done = act();
        if (done) done = settle();
        if (done) done = transaction.commit();
        if (!done) return end();
        output_.release(timers_.next());
    }

    // Frames.
    Status handle_frame(std::string_view frame);
    // HTTP.
    Status handle_outcome(Credentials::Outcome outcome);
    Status erase(Session::Rest why);
    // Commands.
    Result<Uuid> submit(protocol::Payload command, Now now, std::optional<Uuid> id);
    /// A block, or its end, waits to be sent, or does not wait any more: what windows show is another.
    void touch_for(protocol::Type command);
    void sign_in_refused(std::string why);
    // Views.
    Result<WindowView> window(const protocol::Target& target, const WindowQuery& query);
    void handle_lost_connection();
    std::optional<std::string> check() const;

    ClientOptions options_;
    LocalDatabase database_;
    Primitives& primitives_;
    Output output_;
    Timers timers_;
    IdentityStore identity_{database_};
    Conversations conversations_{database_};
    Rows rows_{database_};
    Profiles profiles_{database_};
    OwnSettings own_settings_{rows_, output_};
    Blocks blocks_{rows_};
    Outbox outbox_{database_, conversations_, own_settings_, output_, primitives_, timers_};
    Receipts receipts_{database_, conversations_, rows_, blocks_, identity_, output_, timers_};
    Streams streams_{conversations_, rows_, outbox_, profiles_, receipts_, blocks_, identity_, output_};
    Account account_{identity_,     rows_,   streams_, conversations_, profiles_,
                     own_settings_, blocks_, outbox_,  output_};
    Credentials credentials_{identity_, output_, primitives_, timers_};
    Session session_{options_.client_name, identity_, credentials_, output_, primitives_, timers_};
    Pulls pulls_{{options_.jump_changes, options_.eager_messages},
                 identity_,
                 conversations_,
                 rows_,
                 streams_,
                 account_,
                 output_,
                 primitives_,
                 timers_};
    Typing typing_{output_, timers_};
    Views views_{identity_, conversations_, rows_, outbox_, profiles_, receipts_, own_settings_, blocks_};

    Now now_;
    /// The badge that was asked for last, or told of as changed; absent: nobody wants to know.
    std::optional<std::int64_t> badge_told_;
    /// Set when this core does nothing more: lease_lost or broken.
    std::optional<Connection> ended_;
    std::optional<Connection> told_;

    Connection connection() const;
    /// The latest time of the server that this device can prove: as it said when one connected last, and what
    /// has passed since. Wall clocks have no say in it.
    WallTime server_time() const;
    /// Fails where this core has ended.
    Status standing() const;

    /// Runs a command of the caller that may be refused without any harm. Its error goes back to the caller;
    /// a failure of the database ends the core.
    template <class T, class Act>
    Result<T> attempt(Now now, Act act) {
        TRY(standing());
        now_ = now;
        database_.start_over();
        Transaction transaction(database_);
        Result<T> result = act();
        if (!result && !database_.failed() && !database_.lease_lost() &&
            result.error().code != ErrorCode::internal) {
            output_.discard();
            return result;
        }
        Status done;
        if (!result) done = fail(result.error());
        if (done) done = settle();
        if (done) done = transaction.commit();
        if (!done) {
            end();
            return fail(done.error());
        }
        output_.release(timers_.next());
        return result;
    }

  private:
    Status look_again();
    Status settle();
    void handle_caught_up();
    void end();
    void watch_replies();
    void watch_mutes();
    Status watch_badge();

    Status handle_envelope(protocol::Envelope envelope);
    Status handle_unreadable(const protocol::Rejected& rejected);
    Status handle_connection_message(const protocol::Envelope& envelope);
    void handle_typing(const protocol::Envelope& envelope);
    Status handle_sync_message(const protocol::Envelope& envelope);
    Status handle_reply(const protocol::Envelope& envelope);
    Status handle_accepted(const protocol::Envelope& envelope);
    Status handle_accepted_without(const protocol::Envelope& envelope);
    Status handle_done(const protocol::Envelope& envelope);
    Status handle_reacted(const protocol::Envelope& envelope);
    Status handle_set(const protocol::Envelope& envelope, const Command& command);
    Status handle_block_set(const protocol::Envelope& envelope, const Command& command);
    Status show_changed(Conversation& conversation, const protocol::Envelope& answer,
                        const ChangedMessage& which, const protocol::Payload& command);
    Status handle_created(const protocol::Envelope& envelope);
    Status handle_read_ok(const protocol::Envelope& envelope);
    Status handle_history_ok(const protocol::Envelope& envelope);
    Status handle_error(const protocol::Envelope& envelope);
    void note_heard();
    Status handle_change(protocol::Envelope envelope);
    Status handle_row(const StreamId& stream, const protocol::Change& change);

    /// When this core was opened, and the time of the server up to which mutes were looked at.
    Instant opened_at_;
    WallTime opened_time_;
    WallTime mutes_seen_at_;
    /// An answer came in this input.
    bool answered_ = false;
    /// This connection has brought everything at least once.
    bool caught_up_ = false;
};

}  // namespace parley::core
