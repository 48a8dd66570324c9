#include "server/bus/pools.hpp"

#include <utility>

namespace parley::server {

ReaderThreads::ReaderThreads(std::size_t threads, std::size_t queue_max, Store& store, PostToShard post,
                             std::atomic<std::int64_t>& queued)
    : store_(store), post_(std::move(post)), workers_("reader", threads, queue_max, queued) {}

bool ReaderThreads::submit(std::uint32_t shard, std::function<void(Snapshot&)> read,
                           std::function<void()> done) {
    return workers_.submit([this, shard, read = std::move(read), done = std::move(done)] {
        // Without a snapshot the answer stays what it was before the read: each caller begins with a failure.
        if (auto snapshot = store_.snapshot()) read(**snapshot);
        post_(shard, done);
    });
}

HashThreads::HashThreads(std::size_t threads, std::size_t queue_max, PasswordCost cost, PostToShard post,
                         std::atomic<std::int64_t>& queued)
    : cost_(cost), post_(std::move(post)), workers_("hasher", threads, queue_max, queued) {}

bool HashThreads::hash(std::uint32_t shard, std::string password,
                       std::function<void(Result<std::string>)> done) {
    return workers_.submit([this, shard, password = std::move(password), done = std::move(done)]() mutable {
        auto hash = hash_password(password, cost_);
        wipe(password);
        post_(shard, [hash = std::move(hash), done] { done(hash); });
    });
}

bool HashThreads::verify(std::uint32_t shard, std::string password, std::string hash,
                         std::function<void(bool)> done) {
    return workers_.submit(
        [this, shard, password = std::move(password), hash = std::move(hash), done]() mutable {
            const bool fits = password_fits(password, hash);
            wipe(password);
            post_(shard, [fits, done] { done(fits); });
        });
}

}  // namespace parley::server
