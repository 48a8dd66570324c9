#pragma once

#include "server/bus/bus.hpp"
#include "server/domain/ports.hpp"
#include "server/store/store.hpp"
#include "sim/world.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace parley::sim {

/// Group commit on virtual time: what has queued up is applied in one event, which takes the time of a sync,
/// and the batch is handed on in another. Between any two of these the process may die.
class VirtualWriter final : public server::WriteQueue {
  public:
    struct Steps {
        /// It is on the disk, and nobody has heard of it yet.
        std::function<void(const server::Batch&)> applied;
        /// The store could not take it.
        std::function<void(const Error&)> refused;
        /// It is for the shards now.
        std::function<void(server::SharedBatch)> hand_on;
    };

    VirtualWriter(World& world, SharedLife life, server::Store& store, Steps steps, Random random);

    bool submit(server::Work work) override;
    bool idle() const { return queue_.empty() && !pumping_; }

  private:
    void pump();

    static constexpr std::size_t queue_max = 4096;
    static constexpr std::size_t batch_max = 64;

    World& world_;
    SharedLife life_;
    server::Store& store_;
    Steps steps_;
    Random random_;
    std::deque<server::Work> queue_;
    bool pumping_ = false;
};

/// Reads that take their time. The snapshot is taken at once or late, both of which the port allows.
class VirtualReaders final : public server::ReadPool {
  public:
    /// Runs `done` as a turn of the shard.
    using Turn = std::function<void(std::uint32_t shard, const std::function<void()>& done)>;

    struct Ways {
        Turn turn;
        /// Asked at each read; nothing: the usual.
        const Duration& slowest;
    };

    VirtualReaders(World& world, SharedLife life, server::Store& store, Ways ways, Random random);

    bool submit(std::uint32_t shard, std::function<void(server::Snapshot&)> read,
                std::function<void()> done) override;

  private:
    struct Reading {
        std::uint32_t shard = 0;
        std::unique_ptr<server::Snapshot> snapshot;
        std::function<void(server::Snapshot&)> read;
        std::function<void()> done;
    };
    void run(std::uint64_t number);

    World& world_;
    SharedLife life_;
    server::Store& store_;
    Ways ways_;
    Random random_;
    /// So many reads, and one of them is slow: on some days of a server that is every third.
    std::uint64_t slow_one_of_;
    std::uint64_t number_ = 0;
    std::map<std::uint64_t, Reading> readings_;
};

/// Takes as long as Argon2id and costs nothing: real hashing would be most of a run's time. What it makes is
/// not a secret to anybody.
class VirtualHasher final : public server::PasswordHasher {
  public:
    using Turn = VirtualReaders::Turn;

    VirtualHasher(World& world, SharedLife life, Turn turn)
        : world_(world), life_(std::move(life)), turn_(std::move(turn)) {}

    bool hash(std::uint32_t shard, std::string password,
              std::function<void(Result<std::string>)> done) override;
    bool verify(std::uint32_t shard, std::string password, std::string hash,
                std::function<void(bool)> done) override;
    static std::string plain(const std::string& password);

  private:
    World& world_;
    SharedLife life_;
    Turn turn_;
};

/// Between the shards of one process.
class VirtualBus final : public server::Bus {
  public:
    template <class Said>
    using Deliver = std::function<void(std::uint32_t from_shard, const Said&)>;

    VirtualBus(World& world, SharedLife life, Random random, Deliver<server::DeviceConnected> connected,
               Deliver<server::Typed> typed)
        : world_(world),
          life_(std::move(life)),
          random_(random),
          connected_(std::move(connected)),
          typed_(std::move(typed)) {}

    std::uint64_t next_turn() override { return ++turn_; }
    void announce(std::uint32_t from_shard, server::DeviceConnected connected) override;
    void announce(std::uint32_t from_shard, server::Typed typed) override;

  private:
    Duration delay() { return milliseconds(random_.below(8) == 0 ? random_.between(0, 50) : 1); }

    World& world_;
    SharedLife life_;
    Random random_;
    Deliver<server::DeviceConnected> connected_;
    Deliver<server::Typed> typed_;
    std::uint64_t turn_ = 0;
};

}  // namespace parley::sim
