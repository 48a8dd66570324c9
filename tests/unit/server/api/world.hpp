#pragma once

#include "protocol/codec.hpp"
#include "server/api/http_api.hpp"
#include "server/api/shard.hpp"
#include "server/store/sqlite_store.hpp"
#include "tests/contract/store_world.hpp"

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Shards and HTTP over the real store on virtual time: what the threads and sockets of a server do is done
/// here step by step, so that a test can stand between any two of them.
namespace parley::server::test {

/// The store in a folder of its own.
class Disk {
  public:
    Disk();
    ~Disk();
    std::unique_ptr<Store> open(const Rules& rules, StoreHost& host) const;
    std::string database() const { return (folder_ / "parley.db").string(); }

  private:
    std::filesystem::path folder_;
};

/// What waits to be written; `apply` has it decided and gives the batch.
class Writes : public WriteQueue {
  public:
    bool submit(Work work) override;
    std::vector<Work> queue;
    bool full = false;
    /// Called as work is taken.
    std::function<void()> on_submit = [] {
    };
};

/// Reads in three steps: asked for, read, told.
class Reads : public ReadPool {
  public:
    bool submit(std::uint32_t shard, std::function<void(Snapshot&)> read,
                std::function<void()> done) override;
    struct Job {
        std::uint32_t shard = 0;
        std::function<void(Snapshot&)> read;
        std::function<void()> done;
    };
    std::deque<Job> asked;
    std::deque<Job> finished;
    /// Ever asked for.
    std::size_t count = 0;
    bool full = false;
};

/// Passwords "hashed" at once.
class Hashes : public PasswordHasher {
  public:
    bool hash(std::uint32_t shard, std::string password,
              std::function<void(Result<std::string>)> done) override;
    bool verify(std::uint32_t shard, std::string password, std::string hash,
                std::function<void(bool)> done) override;
    std::deque<std::pair<std::uint32_t, std::function<void()>>> finished;
    /// Passwords that were to be hashed.
    int made = 0;
    /// Against what passwords were compared.
    std::vector<std::string> compared;
    bool full = false;
};

/// Keeps every line, debug included, without its time.
class Lines : public Log {
  public:
    bool writes(LogLevel level) const override { return level >= least; }
    void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override;
    void flush() override {}
    /// Those with this in them.
    std::vector<std::string> with(std::string_view part) const;
    LogLevel least = LogLevel::debug;
    /// "info event=…"; whatever it is given, also what is below `least`.
    std::vector<std::string> all;
};

class World;

/// A client's end of a connection.
class Peer : public Connection {
  public:
    Peer(World& world, std::uint32_t shard, protocol::Encoding encoding);

    // Connection
    void send(Frame frame) override;
    void take_frames(bool take) override { takes_frames = take; }
    void close(CloseCode code, Frame last) override;

    /// Sends a command with a new id, which is returned.
    Uuid ask(protocol::Payload payload, std::optional<Uuid> follows = std::nullopt);
    void send(protocol::Envelope envelope);
    void send_frame(std::string_view bytes);
    void disconnect();

    /// Everything that came since the last call.
    std::vector<protocol::Envelope> take();
    /// Of that only what has this payload.
    template <class T>
    std::vector<protocol::Envelope> take_all() {
        std::vector<protocol::Envelope> found;
        for (auto& envelope : take()) {
            if (std::holds_alternative<T>(envelope.payload)) found.push_back(std::move(envelope));
        }
        return found;
    }
    /// The answer to a command, once everything has settled; whatever else came is dropped.
    protocol::Envelope answer(Uuid command);
    ErrorCode refusal(Uuid command);

    World& world;
    std::uint32_t shard;
    protocol::Encoding encoding;
    SessionKey key;
    /// A peer that does not read: the first frame stays with the kernel.
    bool reads = true;
    bool writing = false;
    /// Whether the server takes frames; those that it does not wait in `unsent`.
    bool takes_frames = true;
    std::deque<std::string> unsent;
    std::optional<CloseCode> closed;
    std::vector<std::string> frames;
    /// What the last of them consists of.
    std::vector<SharedText> last_pieces;
    std::size_t taken = 0;
};

/// An account with a device that signed in by HTTP.
struct Account {
    std::string handle;
    AccountId id;
    DeviceId device;
    std::string access;
    std::string refresh;
};

class World : public Bus, public Operations, public Stamps {
  public:
    struct Options {
        std::uint32_t shards = 1;
        Rules rules{.registration = Registration::open};
        RateOptions rates{.messages_per_second = 1'000'000,
                          .messages_burst = 1'000'000,
                          .accounts = {.burst = 1'000'000, .retry = seconds(1)},
                          .calls_per_second = 1'000'000,
                          .calls_burst = 1'000'000};
        ShardOptions shard;
        /// Its rules are those above.
        HttpOptions http{.decoy_hash = "decoy"};
    };
    World() : World(Options{}) {}
    explicit World(Options options);
    ~World() override;

    // Bus, Operations, Stamps
    std::uint64_t next_turn() override { return ++turns_; }
    void announce(std::uint32_t from_shard, DeviceConnected connected) override;
    void announce(std::uint32_t from_shard, Typed typed) override;
    bool ready() const override { return is_ready; }
    std::string metrics() const override;
    Stamp stamp() const override { return {now.instant.ms * 1'000 + besides_us}; }

    // Steps
    /// Decides what waits, in one transaction; the batch waits to be walked.
    bool write();
    /// Every shard walks the oldest batch that waits.
    bool walk();
    /// Reads what is asked for; the shards do not know yet.
    bool read();
    bool tell_read();
    /// All of it until nothing is left to do.
    void settle();
    /// Time passes, with every time-out on its way.
    void pass(Duration duration);
    /// The wall clock alone jumps.
    void jump(Duration by) { now.wall = now.wall + by; }

    // Acts
    Account person(const std::string& handle);
    Account another_device(const Account& account);
    Peer& connect(std::uint32_t shard = 0, protocol::Encoding encoding = protocol::Encoding::json);
    /// Connected and signed in, nothing resumed.
    Peer& sign_in(const Account& account, std::uint32_t shard = 0);
    /// Live.
    Peer& online(const Account& account, std::uint32_t shard = 0,
                 protocol::Encoding encoding = protocol::Encoding::json);
    StreamId group(Peer& owner, const std::vector<Account>& members, const std::string& title = "group");
    HttpResponse call(const std::string& method, const std::string& target, const std::string& body = {},
                      const std::string& access = {}, const std::string& key = {});
    HttpResponse call(HttpRequest request);
    /// The same without a step further; the answer stands here once it has come.
    std::shared_ptr<std::optional<HttpResponse>> begin(HttpRequest request);

    Shard& shard(std::uint32_t number = 0) { return *shards_[number]; }
    Uuid next_id();
    Store& store() { return *store_; }
    /// Path of the store's file.
    std::string database() const { return disk_.database(); }

    Now now{.instant = {1'000'000}, .wall = {1'750'000'000'000}};
    /// By which a finer clock is ahead of that.
    std::int64_t besides_us = 0;
    Options options;
    TestHost host;
    Writes writes;
    Reads reads;
    Hashes hashes;
    Tokens tokens;
    RateLimits limits;
    std::deque<SharedEncodedBatch> batches;
    bool is_ready = true;
    Lines lines;
    std::deque<std::unique_ptr<ShardMetrics>> shard_metrics;

  private:
    bool tell_hashes();
    bool tell_announced();
    bool tell_written();
    bool take_unsent();

    Disk disk_;
    std::unique_ptr<Store> store_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::vector<std::unique_ptr<HttpApi>> https_;
    std::deque<std::unique_ptr<Peer>> peers_;
    /// From which shard, and what the others are to do.
    std::deque<std::pair<std::uint32_t, std::function<void(Shard&)>>> announced_;
    std::uint64_t turns_ = 0;
    std::uint64_t ids_ = 0;
};

/// The messages' texts among these, in order.
std::vector<std::string> texts_of(const std::vector<protocol::Envelope>& envelopes);
protocol::MessageSend message(const StreamId& to, std::string text);
/// In the main file, in the log, and wherever else something is kept.
std::string everything_on_disk(const World& world);
/// The code of an RFC 9457 body.
std::string code_of(const HttpResponse& response);

}  // namespace parley::server::test
