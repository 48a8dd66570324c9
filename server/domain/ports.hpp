#pragma once

#include "base/time.hpp"
#include "server/domain/batch.hpp"

#include <functional>
#include <string>

namespace parley::server {

class Snapshot;

/// Where work waits for the writer. Bounded: `submit` is false where it is full, and then nothing happens.
/// Each accepted piece of work is decided exactly once, in the order of submission per caller, and its answer
/// comes back in a batch; batches reach every shard in commit order. A process that ends loses what was not
/// yet committed, and has answered none of it.
class WriteQueue {
  public:
    virtual ~WriteQueue() = default;
    virtual bool submit(Work work) = 0;
};

/// Runs reads away from the shard. `read` gets a snapshot that is at least as new as every batch the calling
/// shard has walked; then `done` runs on the calling shard. Either runs at most once; neither where the
/// process ends.
class ReadPool {
  public:
    virtual ~ReadPool() = default;
    virtual bool submit(std::uint32_t shard, std::function<void(Snapshot&)> read,
                        std::function<void()> done) = 0;
};

/// Password hashing (Argon2id), in a bounded pool of workers since each takes tens of milliseconds and 64
/// MiB. False: the pool's queue is full.
class PasswordHasher {
  public:
    virtual ~PasswordHasher() = default;
    virtual bool hash(std::uint32_t shard, std::string password,
                      std::function<void(Result<std::string>)> done) = 0;
    virtual bool verify(std::uint32_t shard, std::string password, std::string hash,
                        std::function<void(bool)> done) = 0;
};

}  // namespace parley::server
