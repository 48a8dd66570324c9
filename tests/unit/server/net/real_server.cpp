#include "tests/unit/server/net/real_server.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <latch>
#include <utility>

namespace parley::server::test {

RealServer::RealServer(NetOptions net, std::uint32_t shards) {
    open(std::move(net), shards);
    start_writing();
}

RealServer::RealServer(NetOptions net, WithoutWriter) {
    open(std::move(net), 1);
}

void RealServer::open(NetOptions net, std::uint32_t shards) {
    EXPECT_GE(sodium_init(), 0);
    net.port = 0;
    store_ = disk_.open(rules_, host_);
    const auto post = [this](std::uint32_t shard, std::function<void()> task) {
        loops_[shard]->post([task = std::move(task)](Shard& on, Now now) { on.handle_done(task, now); });
    };
    readers_ = std::make_unique<ReaderThreads>(2, 1'000, *store_, post, process_.reads_queued);
    const PasswordCost cost{.memory_kib = 8, .passes = 1};
    hashers_ = std::make_unique<HashThreads>(1, 100, cost, post, process_.hashes_queued);
    WriterReports reports;
    reports.publish = [this](Batch batch) {
        bus_.publish(std::move(batch));
    };
    reports.failed = reports.broken = [](const Error& error) {
        ADD_FAILURE() << error.context;
    };
    writer_ = std::make_unique<WriterThread>(WriterOptions{}, *store_, std::move(reports), process_);
    for (std::uint32_t number = 0; number < shards; ++number) {
        metrics_.push_back(std::make_unique<ShardMetrics>());
        ShardOptions options;
        options.number = number;
        options.epoch = store_->epoch();
        options.life = store_->life();
        options.position = store_->position();
        const ShardPorts ports{*writer_, *readers_, bus_, tokens_, limits_, *metrics_.back()};
        HttpOptions http;
        http.decoy_hash = *hash_password("decoy", cost);
        http.rules = rules_;
        loops_.push_back(std::make_unique<ShardLoop>(options, ports, http, *hashers_, *this));
        bus_.add_shard([loop = loops_.back().get()](auto task) { loop->post(std::move(task)); },
                       metrics_.back()->unwalked_bytes);
    }
    auto listener = Listener::create(net, loops());
    EXPECT_TRUE(listener) << listener.error().context;
    listener_ = std::move(*listener);
    for (const auto& loop : loops_) {
        threads_.emplace_back([&loop] { loop->loop().run(); });
    }
    listener_->start();
}

RealServer::~RealServer() {
    writer_->finish();
    for (const auto& loop : loops_)
        loop->loop().stop();
    for (std::thread& thread : threads_)
        thread.join();
}

std::vector<ShardLoop*> RealServer::loops() {
    std::vector<ShardLoop*> all;
    all.reserve(loops_.size());
    for (const auto& loop : loops_)
        all.push_back(loop.get());
    return all;
}

void RealServer::drain() {
    std::latch done(static_cast<std::ptrdiff_t>(loops_.size()));
    for (const auto& loop : loops_) {
        loop->post([&done](Shard& shard, Now now) {
            shard.drain(seconds(1), now);
            done.count_down();
        });
    }
    done.wait();
}

}  // namespace parley::server::test
