#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "protocol/codec.hpp"
#include "server/api/connection.hpp"
#include "server/api/outbound.hpp"
#include "server/api/tokens.hpp"
#include "server/bus/bus.hpp"
#include "server/domain/batch.hpp"
#include "server/domain/sync.hpp"
#include "server/ops/log.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::server {

class Shard;

/// One connection, from `hello` to its end. Lives on one shard, which owns it and calls it; needs no lock.
///
///     greeted --auth--> verifying --device is present--> signed in        (any) --close--> closed
///
/// and, once signed in, for the streams:
///
///     none --resume--> resuming --last part read--> live --queue full--> resuming …
///     none --subscribe--> subscribed --queue full--> closed               subscribed --resume--> resuming …
///
/// Subscribed, it hears of the streams that it named and of nothing else; live, of all. While resuming it is
/// sent one part at a time, the next one when the kernel has taken the last; live, it gets what the shard
/// walks over. So a slow and a returning client are the same.
class Session {
  public:
    /// An envelope that waits to be handled.
    struct Held {
        protocol::Decoded decoded;
        Stamp received;
    };

    Session(SessionKey key, Shard& shard, Connection& connection, protocol::Encoding encoding);

    // Getters
    SessionKey key() const { return key_; }
    /// What its client and the log know it by.
    SessionId id() const;
    AccountKey account() const { return account_; }
    DeviceKey device() const { return device_; }
    /// When the envelope that is being handled came in.
    Stamp received() const { return received_; }
    std::uint64_t turn() const { return turn_; }
    protocol::Encoding encoding() const { return encoding_; }
    bool closed() const { return stage_ == Stage::closed; }
    bool live() const { return sync_ == Sync::live; }
    /// Is told of what happens: of everything, or of what it has subscribed to.
    bool listens() const { return live() || sync_ == Sync::subscribed; }
    /// Listens, and what this batch says may not be known to it yet.
    bool awaits(const Batch& batch) const {
        return listens() && !overflow_ && batch.last_position > live_from_;
    }
    /// The same for what it says of this conversation, or (nothing) of the account's own stream.
    bool awaits(const Batch& batch, std::optional<ConversationKey> stream) const {
        return awaits(batch) && (live() || has_subscribed(batch, stream));
    }
    /// The same for a change of the account's own stream, which also ends what was subscribed to.
    bool awaits(const Batch& batch, const protocol::Change& own) const {
        return awaits(batch) && (live() || has_subscribed(batch, own));
    }
    const std::vector<ConversationKey>& open_conversations() const { return open_; }
    bool has_open(ConversationKey conversation) const;
    /// Of one that it has open: shows it to a person now.
    bool looks_at(ConversationKey conversation) const;
    /// The account has, as far as this session knows.
    bool has_blocked(AccountKey account) const;
    /// What waits here, to be written or to be handled.
    std::size_t queued_bytes() const { return counted_bytes_; }
    /// When `handle_timeout` has something to do, at the earliest.
    Instant deadline() const;

    // Input
    void handle_frame(std::string_view bytes);
    void handle_written();
    /// The peer is gone.
    void handle_disconnected();
    void handle_timeout();
    void handle_answer(const Origin& origin, const Result<Answer>& answer);
    /// A change that was committed; `account_seq`: of a change of the account's stream. False: the queue is
    /// full, and the session falls back.
    bool handle_change(SharedText text, const Batch& batch, Stamp received,
                       std::optional<std::int64_t> account_seq);
    void handle_opened(ConversationKey conversation);
    void handle_closed(ConversationKey conversation);
    /// The account has blocked somebody, or has not any more.
    void handle_block(AccountKey account, bool blocked);
    /// Somebody else is typing; lost where this one has much to read.
    void handle_typing(SharedText text);

    // Commands
    void greet();
    /// Says `closing` and ends the connection; the shard buries the session at the end of the turn.
    void close(CloseCode code, std::optional<Duration> reconnect_after = std::nullopt);

    /// The shard's notes about this session: whether it is on the list of those to flush, and for when it is
    /// armed.
    struct Marks {
        bool dirty = false;
        std::optional<Instant> armed;
    };
    Marks& marks() { return marks_; }

    /// The connection is gone: nothing more is written, and what was queued counts no more.
    void forget();

    SharedText encode(const protocol::Envelope& envelope) const;

    // Output
    /// Writes what has queued up, and asks the store for more where there is room; at the end of each turn.
    void flush();

  private:
    enum class Stage : std::uint8_t { greeted, verifying, signed_in, closed };
    enum class Sync : std::uint8_t { none, resuming, live, subscribed };
    struct WaitingRead {
        std::optional<Uuid> re;
        std::function<Result<protocol::Envelope>(Snapshot&)> read;
        /// Of a `subscribe`.
        std::optional<StreamId> opens;
    };
    struct ReadDone {
        /// Encoded; empty: the store could not be read.
        std::string text;
        bool refused = false;
        /// With what opens a stream: whom the account has blocked.
        std::vector<AccountKey> blocked;
        /// That was read from.
        std::int64_t position = 0;
    };
    struct Subscribed {
        /// Nothing: the account's own stream.
        std::optional<ConversationKey> stream;
        /// Batches up to here are in what was answered.
        std::int64_t from = 0;
    };

    // session.cpp: frames and replies
    void handle_decoded(protocol::Decoded decoded);
    bool must_wait(const protocol::Decoded& decoded) const;
    void hold(protocol::Decoded decoded);
    /// Goes on with what was held, as far as it need not wait any more.
    void handle_held();
    void dispatch(protocol::Envelope envelope);
    void pong(std::optional<Uuid> re);
    void reply(std::optional<Uuid> re, protocol::Payload payload);
    void reply(protocol::Envelope envelope);
    void refuse(std::optional<Uuid> re, const Error& error);
    /// A line about this session: its id and, once they are known, its account and device.
    void log(LogLevel level, std::string_view event, Log::Fields fields = {}) const;
    /// Room for an answer of this size, if need be by falling back to resuming; else the session is closed.
    bool has_room(std::size_t bytes);
    void push_reply(SharedText text);
    /// What waits here counts with the shard, and is written at the end of the turn.
    void count_queued();
    void count_bytes();

    // session_auth.cpp: signing in, time-outs, the end
    void begin_auth(std::optional<Uuid> re, const protocol::Auth& auth);
    void finish_auth(std::optional<Uuid> re, const AccessClaims& claims,
                     const Result<std::optional<DeviceFacts>>& read);
    /// `auth` ends the connection with this.
    void refuse_auth(std::optional<Uuid> re, const Error& error, CloseCode code);
    void renew_auth(std::optional<Uuid> re, const protocol::Auth& auth);
    void accept_token(std::optional<Uuid> re, const AccessClaims& claims);
    /// When the peer is taken for gone, unless it shows before then that it is there. Nothing: what is waited
    /// for is the server.
    std::optional<Instant> silent_at() const;

    // session_subscriptions.cpp: hearing of single streams
    bool has_subscribed(const Batch& batch, std::optional<ConversationKey> stream) const;
    bool has_subscribed(const Batch& batch, const protocol::Change& own) const;
    /// What was subscribed to is live behind the answer, which was read from this position.
    void open_stream(const StreamId& stream, std::int64_t position);
    void unsubscribe(const StreamId& stream);

    // typing.cpp: what happens at this moment
    void look(const protocol::Look& look);
    void type(const protocol::Typing& typing);

    // session_sync.cpp: resuming and being live
    void begin_resume(std::optional<Uuid> re, const protocol::Resume& request);
    void restart_resume(const std::optional<SyncToken>& token);
    void read_part();
    void handle_part(std::uint32_t attempt, const Result<ResumePart>& read, std::string text);
    void report_ahead();
    void go_live(const ResumePart& part);
    void fall_back();
    std::optional<SyncToken> token() const;
    std::int64_t epoch() const;
    /// As the device is given it.
    std::string sealed(const SyncToken& token) const;

    // session_requests.cpp: what the store answers
    void ask(protocol::Envelope envelope);
    void read_next();
    void finish_read(WaitingRead asked, const std::shared_ptr<ReadDone>& read);
    void write(protocol::Envelope envelope);
    bool too_many_unanswered() const;
    void put_off(const Uuid& id, const Error& error);

    SessionKey key_;
    Marks marks_;
    Shard& shard_;
    Connection& connection_;
    protocol::Encoding encoding_;
    Stage stage_ = Stage::greeted;
    Sync sync_ = Sync::none;
    bool writing_ = false;
    bool warned_ = false;
    bool reading_ = false;
    /// A part is being read, be it for an attempt that is over.
    bool reading_part_ = false;
    /// What the device holds is ahead of the store (`report_ahead`): nothing is read until an epoch begins.
    bool awaits_epoch_ = false;
    bool takes_frames_ = true;
    /// What was passed on last says that somebody is typing.
    bool typing_ = false;
    std::uint8_t refused_before_auth_ = 0;
    std::uint16_t unanswered_ = 0;
    /// Commands that were refused since too many came, the latest last.
    std::vector<Uuid> put_off_;
    /// Counts resumes, so that a part that was read for an earlier one is told apart.
    std::uint32_t attempt_ = 0;

    AccountKey account_;
    DeviceKey device_;
    std::uint64_t turn_ = 0;
    Instant opened_at_;
    Instant last_frame_at_;
    /// Since when the frame under way has been so; without meaning where none is.
    Instant writing_since_;
    Instant expires_;
    Instant warn_at_;
    WallTime expires_at_;
    std::optional<Instant> retry_at_;
    /// When that was passed on last.
    std::optional<Instant> typed_at_;

    /// Live: batches up to here are known from the resume.
    std::int64_t live_from_ = 0;
    /// And this epoch: the shard may still have to walk over its beginning.
    std::int64_t live_epoch_ = 0;
    std::int64_t account_seq_ = 0;
    std::optional<SyncToken> resume_token_;
    /// The queue was full: what was queued before the change that did not fit. Settled at the end of the
    /// turn.
    std::optional<Coverage> overflow_;
    std::vector<ConversationKey> open_;  // ascending
    /// While subscribed: of what `open_` has, and the account's own stream.
    std::vector<Subscribed> subscribed_;
    /// Of `look`, ascending.
    std::vector<ConversationKey> looks_;
    /// Whom the account has blocked, as of what this session was told.
    SharedAccounts blocked_;

    Outbound outbound_;
    std::size_t counted_bytes_ = 0;
    /// When the frame came in that caused the oldest change of the frame being written.
    Stamp writing_received_;
    Stamp received_;  // of the envelope that is being handled
    /// Came while `auth` was being verified, or while too much was unanswered: the rest of a frame, behind
    /// which no other is taken. Not empty: from `held_next_` on they wait.
    std::vector<Held> held_;
    std::size_t held_next_ = 0;
    std::vector<WaitingRead> waiting_;
};

}  // namespace parley::server
