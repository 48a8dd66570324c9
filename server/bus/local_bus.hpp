#pragma once

#include "server/api/shard.hpp"
#include "server/bus/bus.hpp"

#include <atomic>
#include <functional>
#include <vector>

namespace parley::server {

/// The bus of one process: its shards, and how to have something done on them.
class LocalBus : public Bus {
  public:
    /// Runs a task as a turn of one shard, in the order of posting per caller.
    using Post = std::function<void(std::function<void(Shard&, Now)>)>;

    /// Before anything is published.
    void add_shard(Post post) { shards_.push_back(std::move(post)); }

    std::uint64_t next_turn() override { return ++turns_; }
    void announce(std::uint32_t from_shard, DeviceConnected connected) override;

    /// Hands a committed batch to every shard. By the writer's thread only, in commit order. Where the batch
    /// signs devices out, it waits until their sessions have ended on every shard: whoever asked for it is
    /// answered after that.
    void publish(Batch batch);

  private:
    std::vector<Post> shards_;
    std::atomic<std::uint64_t> turns_{0};
};

}  // namespace parley::server
