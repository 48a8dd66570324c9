#pragma once

#include "base/time.hpp"
#include "server/api/connection.hpp"
#include "server/api/encoded_batch.hpp"
#include "server/api/rate_limits.hpp"
#include "server/api/session.hpp"
#include "server/api/subscribers.hpp"
#include "server/api/tokens.hpp"
#include "server/bus/bus.hpp"
#include "server/domain/ports.hpp"
#include "server/followers/follow_ups.hpp"
#include "server/ops/log.hpp"
#include "server/ops/metrics.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::server {

struct ShardOptions {
    std::uint32_t number = 0;
    /// The store's epoch and position when the shard is made, and its life.
    std::int64_t epoch = 0;
    std::int64_t life = 0;
    std::int64_t position = 0;
    /// Tells the sessions of this run of the server from those of others, in their ids.
    std::string run;
    std::size_t session_queue_bytes_max = 262'144;
    /// For all sessions of the shard together; beyond it, who does not read gets nothing more.
    std::size_t queues_bytes_max = 134'217'728;
    /// How long acks are collected before they are written.
    Duration acks_delay = milliseconds(200);
    /// How much of what was walked can be walked again by a session that comes out of a resume: of effects,
    /// and of bytes, about. Who comes out of a longer one reads another part.
    std::size_t replay_effects_max = 16'384;
    std::size_t replay_bytes_max = 16'777'216;
};

/// What a shard uses; all outlive it.
struct ShardPorts {
    WriteQueue& writes;
    ReadPool& reads;
    Bus& bus;
    const Tokens& tokens;
    RateLimits& limits;
    ShardMetrics& metrics;
    Log& log = no_log();
    const Stamps& stamps = no_stamps();
};

/// A part of the server's connections with all that concerns them: single-threaded, without I/O. Whoever runs
/// it calls the `handle_` functions one at a time, each with both clocks; what they lead to has been handed
/// to the connections and the ports when they return. Lives as long as the process.
class Shard {
  public:
    using AnswerTo = std::function<void(const Result<Answer>&)>;

    Shard(ShardOptions options, ShardPorts ports);
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    // Getters
    const ShardOptions& options() const { return options_; }
    const ShardPorts& ports() const { return ports_; }
    std::size_t connections() const { return sessions_.size(); }
    /// Of what was walked last.
    std::int64_t epoch() const { return epoch_; }
    /// Everything committed up to this position has been walked.
    std::int64_t walked() const { return walked_; }
    std::size_t queued_bytes() const { return queued_bytes_; }
    /// Of what can be walked again; the bytes about.
    std::size_t replay_bytes() const { return ring_bytes_; }
    std::size_t replay_effects() const { return ring_effects_; }
    /// Acks that wait to be written.
    std::size_t acks() const;
    /// Some came back from the writer, and none of those that were handed to it again is known to be written.
    bool acks_in_doubt() const { return acks_doubt_until_ && now_.instant < *acks_doubt_until_; }
    /// Nothing is left to do of what follows from commits; of the one shard that looks after that.
    bool followed_up() const { return follow_ups_.idle(); }
    /// When `handle_timeout` is to be called next.
    std::optional<Instant> next_timeout() const;
    /// Of the turn that runs.
    Now now() const { return now_; }

    // Input
    /// A connection whose handshake is done; it outlives its session. Returns the key for what follows.
    SessionKey handle_connected(Connection& connection, protocol::Encoding encoding, Now now);
    void handle_frame(SessionKey session, std::string_view bytes, Now now);
    /// The frame given to `Connection::send` is with the kernel.
    void handle_written(SessionKey session, Now now);
    /// The connection is gone, or its session was closed; unknown keys are ignored.
    void handle_disconnected(SessionKey session, Now now);
    /// The next committed batch, in commit order.
    void handle_batch(const SharedEncodedBatch& batch, Now now);
    void handle_batch(SharedBatch batch, Now now);
    /// Ends the sessions of devices that the batch revokes, before any shard walks it: each shard is given it
    /// so before the first is given the batch, where there are several.
    void handle_revocations(const Batch& batch, Now now);
    void handle_device_connected(DeviceConnected connected, Now now);
    void handle_typed(const Typed& typed, Now now);
    void handle_timeout(Now now);
    /// Runs what a pool gives back (`done` of ReadPool and PasswordHasher) as a turn of this shard.
    void handle_done(const std::function<void()>& done, Now now);

    // Commands
    /// Work that comes by HTTP; `answer` runs once, unless the process ends. False: the writer's queue is
    /// full.
    bool submit_call(Origin origin, Command command, AnswerTo answer);
    /// `session`: the one that it came on; none: it came by HTTP.
    void collect_acks(AccountKey account, DeviceKey device, const protocol::Ack& ack,
                      const Session* session = nullptr);
    /// Tells those who look, here and on other shards.
    void tell_typing(const Typed& typed);
    /// Hands collected acks to the writer at once.
    void flush_acks(Now now);
    /// The same for those that came back.
    void flush_returned_acks(Now now);
    /// Ends all sessions with 1001 and spreads their return over `spread`.
    void drain(Duration spread, Now now);

    /// Whether a device was signed out so short a time ago that a read which began before may not know it;
    /// then what it is refused with.
    Status check_not_revoked(DeviceKey device) const;

    // For the sessions of this shard.
    Session* find(SessionKey key);
    void mark_dirty(Session& session);
    void bury(Session& session);
    void register_device(Session& session);
    void unregister_device(Session& session);
    void join(Session& session);
    void leave(Session& session);
    void open(Session& session, ConversationKey conversation);
    void close(Session& session, ConversationKey conversation);
    /// Whether everything after `position` that was walked can be walked again, and doing it for one session.
    bool replays_from(std::int64_t position) const;
    void replay(Session& session, std::int64_t position);
    /// The same for one conversation, or (nothing) the account's own stream.
    void replay_stream(Session& session, std::int64_t position, std::optional<ConversationKey> stream);
    /// Says to it whom its account has blocked since, or has not any more.
    void replay_blocks(Session& session, std::int64_t position);
    bool submit(const Session& session, std::optional<Uuid> command, std::optional<Uuid> follows,
                Command what);
    void count_queued(std::ptrdiff_t difference);
    /// All that waits together is more than it may be.
    bool crowded() const { return queued_bytes_ > options_.queues_bytes_max; }
    /// A queue so long is too long then.
    static bool lags(std::size_t queue_bytes);
    /// Whether one more answer from the store may be put behind others that wait, with those that are being
    /// read now.
    bool has_room_for_answer() const;
    void count_reading(int difference) { answers_read_ += difference; }
    /// What may wait for one session now. When all together wait for too much, those that lag fall back
    /// first: the queues of those that read are short.
    std::size_t session_queue_bytes_max() const;

  private:
    /// From an input to its last consequence: sets the time, and at its end flushes and buries.
    class Turn {
      public:
        Turn(Shard& shard, Now now);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

      private:
        Shard& shard_;
    };
    /// Tells the sessions of this shard.
    void pass_on(const Typed& typed);

    struct Timer {
        Instant at;
        SessionKey session;
        friend bool operator>(const Timer& a, const Timer& b) { return a.at > b.at; }
    };
    /// What a device has acknowledged and the writer does not know yet.
    struct DeviceAcks {
        AccountKey account;
        std::unordered_map<ConversationKey, std::int64_t> seqs;
    };
    struct RevokedAt {
        DeviceKey device;
        Instant at;
        bool token_reused = false;
    };
    struct Ringed {
        SharedEncodedBatch batch;
        std::int64_t before = 0;  // the position that had been walked before it
        std::size_t effects() const { return batch->batch().effects.size(); }
    };

    /// What the ring has behind this position, for one session: of it what `wants(batch, effect)`.
    template <class Wants>
    void walk_again(Session& session, std::int64_t position, Wants wants);
    SessionKey next_key();
    void arm(Session& session);
    void walk(const EncodedBatch& batch, std::size_t effect);
    void remember(const SharedEncodedBatch& batch, std::int64_t before);
    void answer(const Replied& replied);
    void revoke(const DeviceRevoked& revoked);
    void begin_epoch(const EpochBegun& begun);
    void take_back(const AcksReturned& returned);
    bool submit_acks(Acks acks, Now now);
    void follow_up(Now now);
    void forget_acks();
    std::vector<SessionKey> session_keys() const;

    ShardOptions options_;
    ShardPorts ports_;
    Now now_;
    std::int64_t epoch_ = 0;
    std::int64_t walked_ = 0;
    std::int64_t keys_ = 0;
    std::size_t queued_bytes_ = 0;
    std::unordered_map<SessionKey, std::unique_ptr<Session>> sessions_;
    std::unordered_map<SessionKey, AnswerTo> calls_;
    std::unordered_map<DeviceKey, SessionKey> devices_;
    std::deque<RevokedAt> revoked_;  // the latest last
    /// What batches up to this position revoke has ended already.
    std::int64_t revoked_upto_ = 0;
    Subscribers<AccountKey> accounts_;
    Subscribers<ConversationKey> conversations_;
    std::vector<Session*> dirty_;  // to be flushed at the end of the turn
    std::vector<std::unique_ptr<Session>> graveyard_;
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
    std::deque<Ringed> ring_;
    std::size_t ring_effects_ = 0;
    std::size_t ring_bytes_ = 0;
    std::int64_t answers_read_ = 0;  // reads of sessions under way
    std::unordered_map<DeviceKey, DeviceAcks> acks_;
    std::size_t acks_count_ = 0;
    std::optional<Instant> acks_due_;
    std::vector<Acks> acks_returned_;
    std::size_t acks_returned_count_ = 0;
    std::optional<Instant> acks_again_;
    std::optional<Instant> acks_doubt_until_;
    FollowUps follow_ups_;
};

}  // namespace parley::server
