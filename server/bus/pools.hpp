#pragma once

#include "server/api/passwords.hpp"
#include "server/bus/workers.hpp"
#include "server/domain/ports.hpp"
#include "server/store/store.hpp"

#include <functional>
#include <string>

namespace parley::server {

/// Has a task done as a turn of a shard.
using PostToShard = std::function<void(std::uint32_t shard, std::function<void()> task)>;

/// The threads that read: each read gets its own snapshot.
class ReaderThreads : public ReadPool {
  public:
    ReaderThreads(std::size_t threads, std::size_t queue_max, Store& store, PostToShard post,
                  std::atomic<std::int64_t>& queued);
    bool submit(std::uint32_t shard, std::function<void(Snapshot&)> read,
                std::function<void()> done) override;

  private:
    Store& store_;
    PostToShard post_;
    Workers workers_;
};

/// The threads that hash passwords.
class HashThreads : public PasswordHasher {
  public:
    HashThreads(std::size_t threads, std::size_t queue_max, PasswordCost cost, PostToShard post,
                std::atomic<std::int64_t>& queued);
    bool hash(std::uint32_t shard, std::string password,
              std::function<void(Result<std::string>)> done) override;
    bool verify(std::uint32_t shard, std::string password, std::string hash,
                std::function<void(bool)> done) override;

  private:
    PasswordCost cost_;
    PostToShard post_;
    Workers workers_;
};

}  // namespace parley::server
