#pragma once

#include "server/api/shard.hpp"
#include "server/bus/bus.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace parley::server {

/// The bus of one process: its shards, and how to have something done on them.
class LocalBus : public Bus {
  public:
    /// Runs a task as a turn of one shard, in the order of posting per caller.
    using Post = std::function<void(std::function<void(Shard&, Now)>)>;

    /// What may wait for one shard, about.
    static constexpr std::int64_t usual_unwalked_bytes_max = 33'554'432;
    explicit LocalBus(std::int64_t unwalked_bytes_max = usual_unwalked_bytes_max)
        : unwalked_bytes_max_(unwalked_bytes_max) {}

    /// Before anything is published. `unwalked_bytes`, which outlives this: what waits for the shard.
    void add_shard(Post post, std::atomic<std::int64_t>& unwalked_bytes) {
        shards_.push_back({std::move(post), unwalked_bytes});
    }

    std::uint64_t next_turn() override { return ++turns_; }
    void announce(std::uint32_t from_shard, DeviceConnected connected) override;
    void announce(std::uint32_t from_shard, Typed typed) override;

    /// Hands a committed batch to every shard. By the writer's thread only, in commit order. Where a shard
    /// has more before it than may wait, it first waits until that has gone: the writer then decides no
    /// faster than the slowest shard tells, and its own queue fills up, which refuses. Where the batch signs
    /// devices out, it waits until their sessions have ended on every shard: whoever asked for it is answered
    /// after that.
    void publish(Batch batch);

  private:
    struct Posted {
        Post post;
        std::atomic<std::int64_t>& unwalked_bytes;
    };
    void wait_for_room();
    void walked(Posted& shard, std::int64_t bytes);

    const std::int64_t unwalked_bytes_max_;
    std::vector<Posted> shards_;
    std::mutex mutex_;  // over what is unwalked, as far as it goes down
    std::condition_variable room_;
    std::atomic<std::uint64_t> turns_{0};
};

}  // namespace parley::server
