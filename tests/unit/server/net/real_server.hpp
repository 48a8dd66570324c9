#pragma once

#include "server/bus/local_bus.hpp"
#include "server/bus/pools.hpp"
#include "server/bus/writer_thread.hpp"
#include "server/net/listener.hpp"
#include "tests/unit/server/api/world.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace parley::server::test {

/// Shards with threads and real sockets on a free port of loopback, over a store of its own; without what
/// `App` adds (signals, files, the greeting).
class RealServer : public Operations {
  public:
    explicit RealServer(NetOptions net = {}, std::uint32_t shards = 2);
    /// What is written waits until `start_writing`.
    struct WithoutWriter {};
    RealServer(NetOptions net, WithoutWriter);
    ~RealServer() override;

    bool ready() const override { return true; }
    std::string metrics() const override { return {}; }

    std::uint16_t port() const { return listener_->port(); }
    Listener& listener() { return *listener_; }
    std::vector<ShardLoop*> loops();
    std::int64_t works_queued() const { return process_.writes_queued.load(); }
    std::int64_t works_done() const { return process_.works.value(); }
    void start_writing() { writer_->start(); }
    /// Ends every session, as a drain does.
    void drain();

  private:
    void open(NetOptions net, std::uint32_t shards);

    Disk disk_;
    TestHost host_;
    Rules rules_{.registration = Registration::open};
    Tokens tokens_{RootSecret{}};
    RateLimits limits_{{.messages_per_second = 1'000'000,
                        .messages_burst = 1'000'000,
                        .accounts = {.burst = 1'000'000, .retry = seconds(1)}}};
    ProcessMetrics process_;
    std::vector<std::unique_ptr<ShardMetrics>> metrics_;
    std::unique_ptr<Store> store_;
    LocalBus bus_;
    std::vector<std::unique_ptr<ShardLoop>> loops_;
    std::unique_ptr<ReaderThreads> readers_;
    std::unique_ptr<HashThreads> hashers_;
    std::unique_ptr<WriterThread> writer_;
    std::unique_ptr<Listener> listener_;
    std::vector<std::thread> threads_;
};

}  // namespace parley::server::test
