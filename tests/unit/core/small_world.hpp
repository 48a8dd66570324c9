#pragma once

#include "core/client.hpp"
#include "core/recorder/flight_recorder.hpp"
#include "tests/support/failing_database.hpp"
#include "tests/unit/core/small_server.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace parley::test {

/// Bytes from a seed.
class SeededPrimitives : public core::Primitives {
  public:
    explicit SeededPrimitives(std::uint64_t seed) : generator_(seed) {}
    void random(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(generator_());
    }

  private:
    std::mt19937_64 generator_;
};

/// What goes wrong once, at the step with this number. A step is a frame, an HTTP answer or an opened socket
/// on its way to a client, or, for `database` and `commit`, a call or a commit of its database.
struct Fault {
    enum class Kind {
        none,
        disconnect,  ///< It is lost, and the connection with it.
        timeout,     ///< It is lost, and the connection falls silent.
        kill,        ///< The process ends when it has taken it in, before anything that follows leaves it.
        database,    ///< The call fails; the transaction is rolled back.
        commit,      ///< The commit fails after it took effect.
    };
    Kind kind = Kind::none;
    std::int64_t step = 0;
};

class World;

/// A person's device: a core, its database, and what a host does around them. Commands that a fault
/// interrupts are given again, with the same id, as an application would.
class Device {
  public:
    Device(World& world, std::string handle, core::ClientOptions options, std::uint64_t seed);

    core::Client& core() { return *core_; }
    FailingDatabase& database() { return database_; }
    AccountId account() { return *core_->account(); }

    void sign_in();
    /// Makes the account first, if nobody has.
    void register_account();
    void sign_out();
    void connect();
    Uuid submit(const protocol::Payload& command);
    Uuid send(const protocol::Target& target, const std::string& text);
    void read(const StreamId& stream, std::int64_t upto);
    /// The connection ends without a word, and the network is gone until `connect`.
    void go_offline();
    /// The process ends and starts again.
    void restart();

    /// Has a part of the conversation on the screen.
    void look(const StreamId& stream, core::WindowQuery query);

    std::vector<std::string> texts(const StreamId& stream);
    StreamId only_conversation();
    std::vector<protocol::Envelope> sent() const;
    /// Everything that a person can see, to be compared.
    std::string picture();
    const std::vector<core::Notice>& notices() const { return notices_; }

  private:
    friend class World;
    bool drain();
    bool deliver();
    bool step_fails();
    void take_answer();
    void take_frame();
    void lose_connection();
    void die();
    void heal();
    void carry_out(const core::Action& action);

    World& world_;
    std::string handle_;
    core::ClientOptions options_;
    std::uint64_t seed_;
    FailingDatabase database_;
    SeededPrimitives primitives_;
    std::unique_ptr<core::FlightRecorder> recorder_;
    std::unique_ptr<core::Client> core_;
    std::optional<int> connection_;
    bool opening_ = false;
    bool half_open_ = false;
    bool network_ = true;
    std::deque<std::pair<std::uint64_t, SmallServer::Answer>> answers_;
    std::optional<Instant> timer_;
    std::vector<core::Notice> notices_;
    std::vector<protocol::Envelope> sent_;
    std::uint64_t ids_ = 0;
};

/// One server, some devices, virtual time.
class World {
  public:
    explicit World(Fault fault = {}, protocol::Encoding encoding = protocol::Encoding::cbor)
        : server(encoding), encoding_(encoding), fault_(fault) {}

    Device& device(const std::string& handle, core::ClientOptions options = {});
    /// One who makes his account himself.
    Device& newcomer(const std::string& handle);
    /// Everything that the next device does is recorded. The sink outlives the world.
    void record_next(core::RecordSink& sink) { record_next_ = &sink; }
    /// Carries out everything that can happen without time passing.
    void run();
    void advance(Duration duration);
    /// Lets time pass until nothing is left to be done on any device; fails the test where that takes too
    /// long.
    void settle();

    Now now() const { return now_; }
    std::vector<std::unique_ptr<Device>>& devices() { return devices_; }
    /// Steps of the kind that the fault counts.
    std::int64_t steps() const { return steps_; }

    SmallServer server;

  private:
    friend class Device;
    protocol::Encoding encoding_;
    Fault fault_;
    std::int64_t steps_ = 0;
    Now now_{Instant{1000}, WallTime{1'700'000'000'000}};
    std::vector<std::unique_ptr<Device>> devices_;
    core::RecordSink* record_next_ = nullptr;
};

/// Plays a scene without faults, and then once for every step of it and every kind of fault. Each time, after
/// healing, all devices must show the same.
void with_every_fault(const std::function<void(World&)>& scene);

protocol::Target to_stream(const StreamId& stream);
protocol::Target to_peer(const AccountId& peer);
protocol::Target to_made_by(const Uuid& command);

}  // namespace parley::test
